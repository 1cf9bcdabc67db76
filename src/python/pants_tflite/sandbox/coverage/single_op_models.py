# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Takes a model apart: one model for each of its ops, with that op's own tensors and options."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Iterator

from ai_edge_litert import schema_py_generated as schema

from pants_tflite.sandbox.tflite.flatbuffer_model import Model, OpCode
from pants_tflite.sandbox.tflite.packing import pack


@dataclass(frozen=True)
class SingleOpModel:
    """`data` is the model's file, `code` that of its op, `inputs` how many inputs it has."""

    code: OpCode
    data: bytes
    inputs: int


def single_op_models(model: Model, data: bytes) -> Iterator[SingleOpModel]:
    """One model for every op in `data`, the file that `model` describes."""
    whole = schema.ModelT.InitFromPackedBuf(bytearray(data), 0)
    for graph, described in zip(whole.subgraphs, model.subgraphs):
        for operator, op in zip(graph.operators or (), described.ops):
            single = _model(whole, graph, operator)
            yield SingleOpModel(op.code, pack(single), len(single.subgraphs[0].inputs))


def _indices(values: Any) -> list[int]:
    return [] if values is None else [int(value) for value in values]


def _model(whole: schema.ModelT, graph: schema.SubGraphT, operator: Any) -> schema.ModelT:
    fields = ("inputs", "outputs", "intermediates")
    used = sorted({index for name in fields for index in _indices(getattr(operator, name))} - {-1})
    places = {index: place for place, index in enumerate(used)} | {-1: -1}
    tensors = [copy.copy(graph.tensors[index]) for index in used]
    buffers = [schema.BufferT()]
    for tensor in tensors:
        buffers.append(whole.buffers[tensor.buffer])
        tensor.buffer = len(buffers) - 1
    op = copy.copy(operator)
    op.opcodeIndex = 0
    for name in fields:
        setattr(op, name, [places[index] for index in _indices(getattr(operator, name))])
    inputs = [
        place
        for place in dict.fromkeys(op.inputs)
        if place >= 0 and not tensors[place].isVariable and not _has_value(buffers, tensors[place])
    ]
    single = schema.SubGraphT(
        tensors=tensors, inputs=inputs, outputs=list(op.outputs), operators=[op], name="main"
    )
    return schema.ModelT(
        version=whole.version,
        operatorCodes=[whole.operatorCodes[operator.opcodeIndex]],
        subgraphs=[single],
        buffers=buffers,
        description="one op",
    )


def _has_value(buffers: list[schema.BufferT], tensor: schema.TensorT) -> bool:
    data = buffers[tensor.buffer].data
    return data is not None and len(data) > 0
