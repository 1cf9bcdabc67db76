# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Makes every tensor that a model computes one of its outputs, so that any runtime shows it."""

from __future__ import annotations

from dataclasses import dataclass

from pants_tflite.sandbox.tflite.computed_values import fixed_tensors
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.packing import pack, unpack

_WITHOUT_VALUES = ("resource", "string", "variant")


@dataclass(frozen=True)
class ComputedTensor:
    """A tensor's `index` in the main graph, and the `position` of the op that computes it."""

    position: int
    index: int


def computed_tensors(model: Model) -> tuple[ComputedTensor, ...]:
    """What the ops of the main graph compute from its inputs, in their order."""
    graph = model.subgraphs[0]
    fixed = fixed_tensors(graph)
    return tuple(
        ComputedTensor(position, index)
        for position, op in enumerate(graph.ops)
        for index in op.outputs
        if index not in fixed and graph.tensors[index].dtype not in _WITHOUT_VALUES
    )


def expose_tensors(content: bytes, model: Model) -> bytes:
    """The file that `model` describes, without signatures, whose outputs are its computed tensors."""
    whole = unpack(content, field="source")
    whole.subgraphs[0].outputs = [tensor.index for tensor in computed_tensors(model)]
    whole.signatureDefs = []
    return pack(whole)
