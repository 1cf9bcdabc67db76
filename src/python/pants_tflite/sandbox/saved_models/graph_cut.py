# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Takes the part of a flat graph out that is between some of its tensors."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.assigned_variables import Assignments
from pants_tflite.sandbox.saved_models.cut_points import INPUTS, OUTPUTS
from pants_tflite.sandbox.saved_models.flat_graph import (
    FlatGraph,
    control_inputs,
    data_inputs,
    split,
)


def cut_out(graph: FlatGraph, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> Any:
    """The GraphDef of what computes `outputs` from `inputs`, tensors by name.

    What changes a variable that it reads belongs to it as well. Raises Mistake if an output needs an
    input that is not among them, if an input leads to no output, or if another part of the graph
    changes such a variable.
    """
    cut = _Cut(graph, inputs)
    for name, tensor in outputs.items():
        _check_output(cut, name, tensor)
    kept = cut.needed(split(tensor)[0] for tensor in outputs.values())
    while True:
        lacking = {
            node: read & kept
            for node, read in cut.assigning.items()
            if node not in kept and read & kept
        }
        if not lacking:
            break
        for node, variables in sorted(lacking.items()):
            if node in cut.unfed:
                raise _left_out_assignment(graph, node, min(variables), cut.unfed[node])
        kept = cut.needed([*kept, *lacking])
    read = {tensor for node in kept for tensor in cut.sources(node)}
    for name, tensor in inputs.items():
        if tensor not in read:
            raise _unconnected(inputs, name, read)
    return _graph_of(cut, kept)


class _Cut:
    """What is left of the edges of a graph that begins at `inputs`.

    `unfed` are the nodes whose values come from an input of the signature that is not among them, and
    which one that is; `assigning` are nodes that change variables, and the placeholders of these.
    """

    def __init__(self, graph: FlatGraph, inputs: Mapping[str, str]) -> None:
        self.graph = graph
        self.fed = set(inputs.values())
        self.given = {split(tensor)[0] for tensor in graph.inputs.values()} | set(graph.captures)
        readers: dict[str, list[str]] = {}
        for node in graph.nodes:
            for tensor in self.sources(node):
                if tensor not in self.fed:
                    readers.setdefault(split(tensor)[0], []).append(node)
        self.unfed: dict[str, str] = {}
        for name, tensor in graph.inputs.items():
            waiting = [] if tensor in self.fed else [split(tensor)[0]]
            while waiting:
                node = waiting.pop()
                if node not in self.unfed:
                    self.unfed[node] = name
                    waiting += readers.get(node, ())
        assignments = Assignments({f.signature.name: f for f in graph.graph_def.library.function})
        self.assigning = {
            name: {split(graph.source(reference))[0] for reference in assignments.by_node(node)}
            for name, node in graph.nodes.items()
        }

    def sources(self, node: str) -> list[str]:
        """The tensors that a node reads, however they get to it."""
        return [self.graph.source(ref) for ref in data_inputs(self.graph.nodes[node])]

    def needed(self, nodes: Iterable[str]) -> set[str]:
        """The nodes that these need, and themselves. What is to run before one of them, but needs an
        input that is not there, belongs to what is cut off."""
        needed: set[str] = set()
        waiting = list(nodes)
        while waiting:
            name = waiting.pop()
            if name in needed:
                continue
            needed.add(name)
            waiting += [split(t)[0] for t in self.sources(name) if t not in self.fed]
            waiting += [n for n in control_inputs(self.graph.nodes[name]) if n not in self.unfed]
        return needed


def _graph_of(cut: _Cut, kept: set[str]) -> Any:
    from tensorflow.core.framework import graph_pb2

    graph = cut.graph
    result = graph_pb2.GraphDef(versions=graph.graph_def.versions)
    for node in graph.graph_def.node:
        if node.name in kept and node.name not in cut.given:
            controls = [n for n in control_inputs(node) if n in kept and n not in cut.given]
            result.node.add().CopyFrom(node)
            result.node[-1].input[:] = [*cut.sources(node.name), *(f"^{n}" for n in controls)]
    functions = {function.signature.name: function for function in graph.graph_def.library.function}
    for name in sorted(_called(result.node, functions)):
        result.library.function.add().CopyFrom(functions[name])
    return result


def _called(nodes: Iterable[Any], functions: Mapping[str, Any]) -> set[str]:
    """The names of the functions that nodes call, and what these call."""
    called: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        values = [node.attr[key] for key in sorted(node.attr)]
        names = {node.op, *(value.func.name for value in values)}
        names |= {function.name for value in values for function in value.list.func}
        for name in (names & set(functions)) - called:
            called.add(name)
            waiting += functions[name].node_def
    return called


def _check_output(cut: _Cut, name: str, tensor: str) -> None:
    if tensor in cut.fed:
        raise Mistake(
            f"the tensor `{tensor}` is an input of the cut model as well",
            field=OUTPUTS,
            value=name,
            fix="Name a tensor that is computed from the inputs.",
        )
    missing = cut.unfed.get(split(tensor)[0])
    if missing is not None:
        raise Mistake(
            f"the output `{name}` still needs the model's input `{missing}`, which `{INPUTS}` cut off",
            field=INPUTS,
            value=missing,
            fix=f"Add `{missing}` to `{INPUTS}`, or the tensors through which it gets to `{name}`; or "
            f"name other `{OUTPUTS}`.",
        )


def _unconnected(inputs: Mapping[str, str], name: str, read: set[str]) -> Mistake:
    needed = [other for other, tensor in inputs.items() if tensor in read]
    return Mistake(
        f"no output of the cut model needs the input `{name}`",
        field=INPUTS,
        value=name,
        fix=f"Leave it out: `{INPUTS}={needed}`." if needed else f"Name other `{INPUTS}`.",
    )


def _left_out_assignment(graph: FlatGraph, node: str, placeholder: str, missing: str) -> Mistake:
    handle = graph.captures.get(placeholder)
    names = [variable.name for variable in graph.variables if variable.handle is handle]
    return Mistake(
        f"the cut model reads the variable `{(names or [placeholder])[0]}`, which `{node}` changes; but "
        f"that needs the input `{missing}`, which is cut off",
        field=INPUTS,
        value=missing,
        fix=f"Add `{missing}` to `{INPUTS}`, or cut where no state is kept from call to call.",
    )
