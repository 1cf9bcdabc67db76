# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Cuts a graph into its ops: a model in which none of them gets what another one computed.

    x ─► CONV_2D ─► a ─► RELU ─► y    becomes    x ─► CONV_2D ─► a    and    a' ─► RELU ─► y

Each op keeps its own weights, options and quantization, and its inputs become inputs of the model. So
one run of one interpreter shows what every op makes of values that are chosen for it.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Collection, Mapping

from ai_edge_litert import schema_py_generated as schema

from pants_tflite.sandbox.tflite.computed_values import fixed_tensors
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Subgraph
from pants_tflite.sandbox.tflite.packing import pack, unpack

SIGNATURE = "ops"


@dataclass(frozen=True)
class SeparateOps:
    """The model's bytes, and the arguments of its one signature: the names of its inputs with the
    tensors of the whole graph that they stand for, and those of its outputs."""

    content: bytes
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]


def fed_inputs(graph: Subgraph, op: int) -> list[int]:
    """The tensors that an op must be given to run alone."""
    fixed = fixed_tensors(graph)
    return [
        index
        for index in dict.fromkeys(graph.ops[op].inputs)
        if index not in fixed and not graph.tensors[index].variable
    ]


def separate_ops(content: bytes, model: Model, subgraph: int, ops: Collection[int]) -> SeparateOps:
    """Cuts the `ops` out of a graph, by their positions in it, of the file that `model` describes.

    What computes with constants only, such as the DEQUANTIZE of weights, stays with the op that uses
    it.
    """
    described = model.subgraphs[subgraph]
    fixed = fixed_tensors(described)
    whole = unpack(content, field="source")
    graph = whole.subgraphs[subgraph]
    inputs: dict[str, int] = {}
    outputs: dict[str, int] = {}
    kept = []
    for position, (operator, op) in enumerate(zip(graph.operators or (), described.ops)):
        if op.outputs and all(index in fixed for index in op.outputs):
            kept.append(operator)
        elif position in ops:
            _separate(graph, operator, position, feeds=fed_inputs(described, position), into=inputs)
            outputs.update({f"output_{index}": index for index in op.outputs})
            kept.append(operator)
    graph.operators = kept
    places = {name: place for place, name in _places(graph, inputs)}
    graph.inputs = [places[name] for name in inputs]
    graph.outputs = list(outputs.values())
    whole.signatureDefs = [
        schema.SignatureDefT(
            inputs=_maps({name: places[name] for name in inputs}),
            outputs=_maps(outputs),
            signatureKey=SIGNATURE,
            subgraphIndex=subgraph,
        )
    ]
    _drop_unused_codes(whole)
    return SeparateOps(pack(whole), inputs, outputs)


def _drop_unused_codes(model: Any) -> None:
    """An interpreter refuses a model with the code of an op that it lacks, used or not."""
    operators = [operator for graph in model.subgraphs for operator in graph.operators or ()]
    used = sorted({operator.opcodeIndex for operator in operators})
    model.operatorCodes = [model.operatorCodes[index] for index in used]
    for operator in operators:
        operator.opcodeIndex = used.index(operator.opcodeIndex)


def _separate(graph: Any, operator: Any, position: int, *, feeds: list[int], into: Any) -> None:
    """Gives the op inputs of its own, and adds their names to `into`."""
    own = {}
    for index in feeds:
        tensor = copy.copy(graph.tensors[index])
        name = f"input_{position}_{index}"
        tensor.name = name
        own[index] = len(graph.tensors)
        graph.tensors.append(tensor)
        into[name] = index
    operator.inputs = [own.get(int(index), int(index)) for index in operator.inputs]


def _places(graph: Any, names: Collection[str]) -> list[tuple[int, str]]:
    return [(place, t.name) for place, t in enumerate(graph.tensors) if t.name in names]


def _maps(arguments: Mapping[str, int]) -> list[Any]:
    return [schema.TensorMapT(name, place) for name, place in arguments.items()]
