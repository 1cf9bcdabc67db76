# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A SavedModel's signature as one graph without function calls, so that each tensor has a name.

Nodes have the names that the model's code gave them: `detector/conv/Relu` for a node that is in
a function of a function of the signature.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from pants_tflite.sandbox.saved_models.loading import input_infos

# What a call of a function puts before the names of the function's nodes.
_CALL = re.compile(r"(Stateful)?PartitionedCall(_\d+)?")
# Nodes that TensorFlow puts around a function's body.
_INLINED = "Func"
_PASSES_ON = ("Identity", "IdentityN")


@dataclass(frozen=True)
class FlatGraph:
    """The nodes of a signature, by name.

    `inputs` and `outputs` are the signature's own, by name; `captures` are the handles of variables
    and tables that placeholders stand for, by the placeholders' names. `variables` are those that the
    signature uses. Tensors are written as TensorFlow does, as in `node:0`.
    """

    graph_def: Any
    nodes: Mapping[str, Any]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    captures: Mapping[str, Any]
    variables: tuple[Any, ...]

    @classmethod
    def of(cls, signature: Any) -> FlatGraph:
        """That of a loaded SavedModel's signature."""
        # TensorFlow's own converters use it, and nothing public inlines functions.
        from tensorflow.python.framework.convert_to_constants import _run_inline_graph_optimization

        graph_def = _run_inline_graph_optimization(
            signature, lower_control_flow=False, aggressive_inlining=True
        )
        names = _rename_nodes(graph_def)
        captures = {names[p.op.name]: handle for handle, p in signature.graph.captures}
        count = len(signature.inputs) - len(captures)
        placeholders = [_renamed(tensor.name, names) for tensor in signature.inputs[:count]]
        outputs = [_renamed(tensor.name, names) for tensor in signature.outputs]
        return cls(
            graph_def,
            {node.name: node for node in graph_def.node},
            # Both are in the order of their names, as TensorFlow flattens dictionaries.
            dict(zip((info.name for info in input_infos(signature)), placeholders)),
            dict(zip(sorted(signature.structured_outputs), outputs)),
            captures,
            tuple(signature.graph.variables),
        )

    def source(self, tensor: str) -> str:
        """The tensor whose value this one passes on, or itself."""
        name, index = split(tensor)
        while self.passes_on(self.nodes[name]):
            name, index = split(data_inputs(self.nodes[name])[index])
        return f"{name}:{index}"

    def passes_on(self, node: Any) -> bool:
        """Whether a node does nothing to the values that go through it."""
        return node.op in _PASSES_ON


def split(reference: str) -> tuple[str, int]:
    """The node and the index of the output that a node's input, or a tensor's name, is."""
    name, _, index = reference.partition(":")
    return name.lstrip("^"), int(index or 0)


def data_inputs(node: Any) -> list[str]:
    return [reference for reference in node.input if not reference.startswith("^")]


def control_inputs(node: Any) -> list[str]:
    """The names of the nodes that run before it."""
    return [reference[1:] for reference in node.input if reference.startswith("^")]


def scopes(node: str) -> Iterator[str]:
    """The scopes that a node was made in, the outermost first."""
    parts = node.split("/")
    if parts[0] != _INLINED:
        yield from ("/".join(parts[:end]) for end in range(1, len(parts)))


def _rename_nodes(graph_def: Any) -> dict[str, str]:
    """Takes the calls of functions out of names that stay unique; returns the new names by the old."""
    short = {node.name: short_name(node.name) for node in graph_def.node}
    counts = Counter(short.values())
    names = {old: new if counts[new] == 1 else old for old, new in short.items()}
    for node in graph_def.node:
        node.name = names[node.name]
        node.input[:] = [_renamed(reference, names) for reference in node.input]
        # It names the function that a node was in, with a number that TensorFlow counts up.
        node.ClearField("experimental_debug_info")
        if "_class" in node.attr:  # Places it next to a node, by that one's name.
            del node.attr["_class"]
    for function in graph_def.library.function:
        for node in function.node_def:
            node.ClearField("experimental_debug_info")
    return names


def short_name(name: str) -> str:
    """The name of a node without those of the calls that it is in."""
    parts = name.split("/")
    if parts[0] == _INLINED:
        return name
    *outer, last = parts
    return "/".join([part for part in outer if not _CALL.fullmatch(part)] + [last])


def _renamed(reference: str, names: Mapping[str, str]) -> str:
    name, index = split(reference)
    if reference.startswith("^"):
        return f"^{names[name]}"
    return f"{names[name]}:{index}"


def tensor_name(reference: str) -> str:
    """A node's input as the name of a tensor, which always has an index."""
    name, index = split(reference)
    return f"{name}:{index}"
