# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Lists TensorFlow's ops of a SavedModel that its signatures reach, without importing TensorFlow."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Iterator, Mapping

from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLinesReport
from pants_tflite.sandbox.saved_models.list_graph_ops_protocol import (
    GraphOpCount,
    GraphOpsReport,
    GraphOpsRequest,
)
from pants_tflite.sandbox.saved_models.wire_format import WireError, messages, text

_FILE = "saved_model.pb"
# The numbers of fields, which protobuf keeps for good.
_META_GRAPHS = 2
_GRAPH, _SIGNATURES = 2, 5
_NODES, _LIBRARY, _FUNCTIONS = 1, 2, 1
_FUNCTION_SIGNATURE, _FUNCTION_NODES, _RETURNS, _CONTROL_RETURNS = 1, 3, 4, 6
_KEY, _VALUE = 1, 2
_NAME, _OP, _INPUTS, _ATTRIBUTES = 1, 2, 3, 5
_LIST, _FUNCTION, _LIST_FUNCTIONS = 1, 10, 9
_SIGNATURE_OUTPUTS = 2
_SUFFIX = re.compile(r"_\d+$")
# Ops, and functions that the converter makes one of.
_CHOOSING = re.compile("NonMaxSuppression|non_max_suppression")
# What only passes values on, or calls what is listed.
_UNLISTED = ("Const", "Identity", "IdentityN", "NoOp", "PartitionedCall", "Placeholder")


@dataclass(frozen=True)
class Node:
    """`inputs` are names of nodes, and `functions` those of what it may call."""

    name: str
    op: str
    inputs: tuple[str, ...]
    functions: tuple[str, ...]

    @classmethod
    def read(cls, data: memoryview) -> Node:
        inputs = (bytes(name).decode("utf-8", "replace") for name in messages(data, _INPUTS))
        attributes = (
            value for entry in messages(data, _ATTRIBUTES) for value in messages(entry, _VALUE)
        )
        op = text(data, _OP)
        return cls(
            name=text(data, _NAME),
            op=op,
            inputs=tuple(_node_name(name) for name in inputs),
            functions=(op, *(name for value in attributes for name in _functions(value))),
        )


@dataclass(frozen=True)
class Graph:
    """Nodes by name, and those whose values it yields."""

    nodes: dict[str, Node]
    yields: tuple[str, ...]

    @classmethod
    def of(cls, nodes: Iterable[memoryview], yields: Iterable[str]) -> Graph:
        read = map(Node.read, nodes)
        return cls({node.name: node for node in read}, tuple(map(_node_name, yields)))

    def reached(self) -> Iterator[Node]:
        """The nodes that what it yields depends on."""
        seen, waiting = set(), list(self.yields)
        while waiting:
            name = waiting.pop()
            if name not in seen and name in self.nodes:
                seen.add(name)
                yield self.nodes[name]
                waiting += self.nodes[name].inputs


def _node_name(reference: str) -> str:
    return reference.lstrip("^").split(":")[0]


def _functions(attribute: memoryview) -> Iterator[str]:
    for function in messages(attribute, _FUNCTION):
        yield text(function, _NAME)
    for values in messages(attribute, _LIST):
        for function in messages(values, _LIST_FUNCTIONS):
            yield text(function, _NAME)


def _values(data: memoryview, number: int) -> Iterator[memoryview]:
    """The values of a map."""
    return (value for entry in messages(data, number) for value in messages(entry, _VALUE))


def _texts(data: memoryview, number: int) -> list[str]:
    return [bytes(value).decode("utf-8", "replace") for value in _values(data, number)]


def _read_function(data: memoryview) -> tuple[str, Graph]:
    signature = next(messages(data, _FUNCTION_SIGNATURE), None)
    if signature is None:
        raise WireError("a function has no signature")
    yields = [*_texts(data, _RETURNS), *_texts(data, _CONTROL_RETURNS)]
    return text(signature, _NAME), Graph.of(messages(data, _FUNCTION_NODES), yields)


def _layers_behind(
    node: Node, graph: Graph, layers: Mapping[str, str | None]
) -> Iterator[str | None]:
    """The nearest of the `layers`, which nodes are in, whose values a node is computed from."""
    seen, waiting = set(), list(node.inputs)
    while waiting:
        name = waiting.pop()
        if name in layers:
            yield layers[name]
        elif name not in seen and name in graph.nodes:
            seen.add(name)
            waiting += graph.nodes[name].inputs


def _layers(lines: CodeLinesReport) -> dict[str, str | None]:
    """The Keras layer that each node is in; None for one that is called more than once, which has no one
    output to cut at. What is an operation to Keras and no layer has no scope."""
    scopes: dict[str, set[str]] = defaultdict(set)
    found = {}
    for node, line in lines.nodes.items():
        layer, parts = line.operation, node.split("/")[:-1]
        for index, part in enumerate(parts):
            if layer is not None and _SUFFIX.sub("", part) == _SUFFIX.sub("", layer):
                scopes[layer].add("/".join(parts[: index + 1]))
                found[node] = layer
    return {node: layer if len(scopes[layer]) == 1 else None for node, layer in found.items()}


def list_graph_ops(content: bytes, lines: CodeLinesReport = CodeLinesReport({})) -> GraphOpsReport:
    """The ops of the SavedModel whose protobuf this is. Raises WireError if it is none."""
    reached: dict[str, list[Node]] = defaultdict(list)
    behind: set[str | None] = set()
    layers = _layers(lines)
    named: set[str] = set()
    for meta_graph in messages(memoryview(content), _META_GRAPHS):
        for data in messages(meta_graph, _GRAPH):
            functions = dict(
                _read_function(function)
                for library in messages(data, _LIBRARY)
                for function in messages(library, _FUNCTIONS)
            )
            outputs = [
                text(tensor, _NAME)
                for signature in _values(meta_graph, _SIGNATURES)
                for tensor in _values(signature, _SIGNATURE_OUTPUTS)
            ]
            main = Graph.of(messages(data, _NODES), outputs)
            for each in (main, *functions.values()):
                named.update(node.op for node in each.nodes.values())
            seen, waiting = set(), [main]
            while waiting:
                graph = waiting.pop()
                for node in graph.reached():
                    reached[node.op].append(node)
                    if any(map(_CHOOSING.search, node.functions)):
                        behind.update(_layers_behind(node, graph, layers))
                    called = [name for name in node.functions if name in functions]
                    waiting += [functions[name] for name in called if name not in seen]
                    seen.update(called)
    ops = {
        op: nodes for op, nodes in reached.items() if op.removeprefix("Stateful") not in _UNLISTED
    }
    return GraphOpsReport(
        tuple(
            GraphOpCount(op, len(nodes), tuple(sorted({n.name.rpartition("/")[0] for n in nodes})))
            for op, nodes in sorted(ops.items())
        ),
        len(named),
        () if None in behind else tuple(sorted(filter(None, behind))),
    )


def main(request: GraphOpsRequest) -> None:
    lines = CodeLinesReport({})
    if request.code_lines is not None:
        lines = CodeLinesReport.parse(Path(request.code_lines).read_bytes())
    write_report(list_graph_ops(Path(request.saved_model, _FILE).read_bytes(), lines))


if __name__ == "__main__":
    run(main, GraphOpsRequest)
