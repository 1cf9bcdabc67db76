# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Finds the tensors of a model by the names of tensors or layers, or says which names there are."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.flat_graph import (
    FlatGraph,
    data_inputs,
    scopes,
    short_name,
    split,
)
from pants_tflite.sandbox.saved_models.graph_function import trace, without_placeholders

INPUTS, OUTPUTS = "inputs", "outputs"
# Of a layer's scope that TensorFlow made unique.
_NUMBER = re.compile(r"_\d+$")
_INDEX = re.compile(r":\d+$")
_LISTED = 100
_SUGGESTED = 5
_NUMBERING = (
    " TensorFlow numbers the scope of a layer each time that it enters one of the same name, so "
    "`dense_1` may be the layer `dense`; a layer with a name of its own is found by that."
)
# Reads the outputs of the signature.
_SIGNATURE = ""


@dataclass(frozen=True)
class CutPoints:
    """The tensors that the signature's inputs flow through, with their types, in the graph's order, and
    those that leave a scope, by the scopes."""

    graph: FlatGraph
    types: Mapping[str, Any]
    leaving: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, graph: FlatGraph, input_specs: Mapping[str, Any]) -> CutPoints:
        """Those of a graph whose inputs have the types `input_specs`."""
        whole = trace(
            graph,
            without_placeholders(graph),
            inputs=graph.inputs,
            specs=input_specs,
            outputs=graph.outputs,
        )
        made = {operation.name: operation.outputs for operation in whole.graph.get_operations()}
        types = {tensor: input_specs[name] for name, tensor in graph.inputs.items()}
        readers = _readers(graph)
        waiting, reached = list(types), set(types)
        while waiting:
            for node in readers.get(waiting.pop(), ()):
                for index in range(len(made.get(node, ()))):
                    tensor = f"{node}:{index}"
                    if tensor not in reached:
                        reached.add(tensor)
                        waiting.append(tensor)
        for node in graph.nodes:
            for index, output in enumerate(made.get(node, ())):
                if f"{node}:{index}" in reached:
                    types[f"{node}:{index}"] = output
        return cls(graph, types, _leaving(types, readers))

    def find(self, name: str, field: str) -> str:
        """The tensor that a user calls `name` in a `field`: an input of the signature in INPUTS, an output
        in OUTPUTS, a tensor, or a layer.

        Raises Mistake if it is none or several.
        """
        found = sorted(set(self._candidates(name, field)), key=list(self.types).index)
        if len(found) == 1:
            return found[0]
        if not found:
            raise self._unknown(name, field)
        raise Mistake(
            f"the model has {len(found)} tensors that are called so: "
            + ", ".join(f"`{tensor}` {self.describe(tensor)}" for tensor in found[:_LISTED]),
            field=field,
            value=name,
            fix=f"Name one of the tensors, such as `{found[0]}`.{_NUMBERING if self._scopes(name) else ''}",
        )

    def describe(self, tensor: str) -> str:
        """The shape and the type of a tensor."""
        shape, dtype = self.types[tensor].shape, self.types[tensor].dtype.name
        if shape.rank is None:
            return f"of any shape, {dtype}"
        sizes = ", ".join("?" if size is None else str(size) for size in shape.as_list())
        return f"[{sizes}] {dtype}"

    def _candidates(self, name: str, field: str) -> Iterator[str]:
        graph = self.graph
        own = graph.inputs if field == INPUTS else graph.outputs
        if name in own and graph.source(own[name]) in self.types:
            yield graph.source(own[name])
        for tensor in self._named(name):
            if graph.source(tensor) in self.types:
                yield graph.source(tensor)
        for scope in self._scopes(name):
            yield from self.leaving[scope]

    def _named(self, name: str) -> list[str]:
        """The tensor called so, or all outputs of a node."""
        is_tensor = _INDEX.search(name)
        node = _INDEX.sub("", name)
        if node not in self.graph.nodes:
            node = short_name(node)
        if node not in self.graph.nodes:
            return []
        if self.graph.passes_on(self.graph.nodes[node]):
            own = [f"{node}:{i}" for i, _ in enumerate(data_inputs(self.graph.nodes[node]))]
        else:
            own = [tensor for tensor in self.types if split(tensor)[0] == node]
        return [t for t in own if not is_tensor or t == node + is_tensor[0]]

    def _scopes(self, name: str) -> list[str]:
        """The scopes of a layer called so. A path of scopes is just that one."""
        if "/" in name:
            return [name] if name in self.leaving else []
        lasts = {scope: scope.rpartition("/")[2] for scope in self.leaving}
        return [scope for scope, last in lasts.items() if name in (last, _NUMBER.sub("", last))]

    def _unknown(self, name: str, field: str) -> Mistake:
        layers = (_NUMBER.sub("", scope.rpartition("/")[2]) for scope in self.leaving)
        own = self.graph.inputs if field == INPUTS else self.graph.outputs
        names = [*own, *layers, *self.leaving, *self.types]
        close = difflib.get_close_matches(name, list(dict.fromkeys(names)), _SUGGESTED)
        close_ones = "".join(f"`{each}`, " for each in close)
        return Mistake(
            "the model has no such layer, tensor, input or output",
            field=field,
            value=name,
            fix=(
                f"Name {close_ones}or another of those listed above."
                if close
                else "Name one of those listed above."
            ),
            detail="\n".join(self._table()),
        )

    def _table(self) -> Iterator[str]:
        """What can be named, one on a line, with its shape and type."""
        for title, own in (("inputs", self.graph.inputs), ("outputs", self.graph.outputs)):
            yield f"The model's {title}:"
            for name, tensor in own.items():
                source = self.graph.source(tensor)
                yield f"  {name}" + (f"  {self.describe(source)}" if source in self.types else "")
        yield "Layers, by the scopes that they are in, and what leaves them:"
        yield from _shortened(
            [
                f"  {scope}  " + ", ".join(f"{t} {self.describe(t)}" for t in tensors)
                for scope, tensors in self.leaving.items()
            ]
        )
        outside = [t for t in self.types if not any(s in self.leaving for s in scopes(t))]
        yield "Tensors of no layer:"
        yield from _shortened([f"  {tensor}  {self.describe(tensor)}" for tensor in outside])


def _shortened(lines: Sequence[str]) -> list[str]:
    left_out = len(lines) - _LISTED
    return [*lines[:_LISTED], f"  and {left_out} more"] if left_out > 0 else list(lines)


def _readers(graph: FlatGraph) -> dict[str, list[str]]:
    """The nodes that read each tensor, if they do more than pass it on; the signature's outputs too."""
    readers: dict[str, list[str]] = {}
    for node in graph.nodes.values():
        if not graph.passes_on(node):
            for reference in data_inputs(node):
                readers.setdefault(graph.source(reference), []).append(node.name)
    for tensor in graph.outputs.values():
        readers.setdefault(graph.source(tensor), []).append(_SIGNATURE)
    return readers


def _leaving(
    tensors: Mapping[str, Any], readers: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    leaving: dict[str, list[str]] = {}
    for tensor in tensors:
        for scope in scopes(split(tensor)[0]):
            if any(not reader.startswith(f"{scope}/") for reader in readers.get(tensor, ())):
                leaving.setdefault(scope, []).append(tensor)
    return {scope: tuple(found) for scope, found in leaving.items()}
