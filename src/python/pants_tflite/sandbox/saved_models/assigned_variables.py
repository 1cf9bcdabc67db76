# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which variables a traced function assigns, by its graph and those of the functions it calls."""

from __future__ import annotations

import re
from typing import Any, Iterable, Iterator, Mapping

# Random number generators advance a variable with each number.
_ASSIGNING_OP = re.compile(
    r"Assign\w*VariableOp|Resource(?:Scatter|StridedSlice|Apply|Sparse|CountUpTo)\w*"
    r"|Rng\w*Skip\w*|Stateful(?!PartitionedCall)\w+"
)
# Ops that call the functions in their attributes, by how many inputs they have before the arguments.
_CALLING_OPS = {
    "Case": 1,
    "If": 1,
    "MapDefun": 0,
    "PartitionedCall": 0,
    "StatefulPartitionedCall": 0,
    "StatelessCase": 1,
    "StatelessIf": 1,
    "StatelessWhile": 0,
    "While": 0,
}
_PASSES_ON = ("Enter", "Identity", "Switch")


def assigned_variables(function: Any) -> list[Any]:
    """The variables that a concrete function assigns when it is called, in the order of their use."""
    graph = function.graph.as_graph_def()
    functions = {definition.signature.name: definition for definition in graph.library.function}
    assigned = Assignments(functions).by_nodes(graph.node)
    by_handle = {id(variable.handle): variable for variable in function.graph.variables}
    return [
        by_handle[id(handle)]
        for handle, placeholder in function.graph.captures
        if placeholder.op.name in assigned and id(handle) in by_handle
    ]


class Assignments:
    """Finds the names of the placeholders, or of the arguments, whose variables nodes assign."""

    def __init__(self, functions: Mapping[str, Any]) -> None:
        self._functions = functions
        self._arguments: dict[str, list[bool]] = {}

    def by_nodes(self, nodes: Iterable[Any]) -> set[str]:
        producers = {node.name: node for node in nodes}
        return {
            _source(name, producers) for node in producers.values() for name in self.by_node(node)
        }

    def by_node(self, node: Any) -> Iterator[str]:
        """The inputs of a node whose variables it assigns."""
        inputs = [name for name in node.input if not name.startswith("^")]
        if _ASSIGNING_OP.fullmatch(node.op):
            yield from inputs[:1]
        arguments = inputs[_CALLING_OPS.get(node.op, 0) :]
        for called in _called(node):
            yield from (
                name for name, assigned in zip(arguments, self._by_function(called)) if assigned
            )

    def _by_function(self, name: str) -> list[bool]:
        """For each argument of a function, whether it assigns the variable passed in it."""
        definition = self._functions.get(name)
        if definition is None:
            return []
        if name not in self._arguments:
            self._arguments[name] = []  # For a function that calls itself.
            assigned = self.by_nodes(definition.node_def)
            self._arguments[name] = [
                argument.name in assigned for argument in definition.signature.input_arg
            ]
        return self._arguments[name]


def _called(node: Any) -> Iterator[str]:
    """The functions that a node calls: those in its attributes, or the one it is named after."""
    if node.op not in _CALLING_OPS:
        yield node.op
        return
    for name in sorted(node.attr):
        value = node.attr[name]
        if value.HasField("func"):
            yield value.func.name
        yield from (function.name for function in value.list.func)


def _source(name: str, producers: Mapping[str, Any]) -> str:
    """The node or argument that a resource comes from."""
    name = name.split(":")[0]
    while name in producers and producers[name].op in _PASSES_ON:
        name = producers[name].input[0].split(":")[0]
    return name
