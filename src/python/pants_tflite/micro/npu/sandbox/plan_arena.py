# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Works out the tensor arena of a model that Vela compiled: no host can run its op to measure it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pants_tflite.micro.npu.sandbox.plan_arena_protocol import (
    LargestTensor,
    PlanArenaRequest,
    PlannedArena,
)
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Tensor
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.schema import load_schema

schema = load_schema()

# TFLite Micro's name for the offsets of tensors that a compiler planned, and what comes before them:
# a version, the number of subgraphs and that of tensors.
_OFFSETS = "OfflineMemoryAllocation"
_HEADER_WORDS = 3
# Of TFLite Micro's tables on a 64-bit machine, generously: those of the interpreter, of each tensor, of
# each op with what its kernel keeps, and of each scale, which kernels turn into a multiplier and a shift.
_INTERPRETER, _TENSOR, _OP, _SCALE = 2048, 128, 256, 16


def read_offsets(data: bytes) -> list[int] | None:
    """Where each tensor begins in the arena, -1 for one that Vela did not plan; None if it planned none."""
    root = schema.Model.GetRootAsModel(data, 0)
    for index in range(root.MetadataLength()):
        entry = root.Metadata(index)
        if entry.Name() == _OFFSETS.encode():
            words = np.frombuffer(root.Buffers(entry.Buffer()).DataAsNumpy().tobytes(), "<i4")
            return [int(word) for word in words[_HEADER_WORDS:]]
    return None


def tensor_bytes(tensor: Tensor) -> int:
    """The bytes of a tensor's values."""
    return tensor.elements * (1 if tensor.dtype == "bool" else np.dtype(tensor.dtype).itemsize)


def plan_arena(model: Model, data: bytes) -> PlannedArena:
    """Raises Mistake if the model lacks what Vela writes down."""
    graph, offsets = model.subgraphs[0], read_offsets(data)
    if offsets is None or len(offsets) < len(graph.tensors):
        raise Mistake(
            "it has an Ethos-U op, and does not say where its tensors are in the arena",
            field="models",
            fix="Give the arena's size in `arena_size`, or compile the model with Vela again.",
        )
    in_arena = [
        (offset, tensor) for offset, tensor in zip(offsets, graph.tensors) if not tensor.constant
    ]
    # What Vela left to TFLite Micro's planner comes on top, as if all of it lived at the same time.
    planned = max((offset + tensor_bytes(it) for offset, it in in_arena if offset >= 0), default=0)
    unplanned = sum(tensor_bytes(tensor) for offset, tensor in in_arena if offset < 0)
    scales = sum(len(it.quantization.scales) for it in graph.tensors if it.quantization)
    largest = max((tensor for _, tensor in in_arena), key=tensor_bytes)
    return PlannedArena(
        tensors=planned + unplanned,
        runtime=_INTERPRETER
        + _TENSOR * len(graph.tensors)
        + _OP * len(graph.ops)
        + _SCALE * scales,
        largest_tensor=LargestTensor(
            largest.name, largest.shape, largest.dtype, tensor_bytes(largest)
        ),
    )


def main(request: PlanArenaRequest) -> None:
    data = Path(request.model).read_bytes()
    write_report(plan_arena(parse_model(data), data))


if __name__ == "__main__":
    run(main, PlanArenaRequest)
