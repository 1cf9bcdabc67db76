# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The smallest tensor arena that a model works in, found by trying."""

from __future__ import annotations

import re
from typing import Any, Callable

from pants_tflite.micro.sandbox.measure_protocol import ArenaTensor
from pants_tflite.micro.sandbox.op_support import tensor_bytes
from pants_tflite.micro.sandbox.runtime import Runtime
from pants_tflite.sandbox.constants import ARENA_ALIGNMENT
from pants_tflite.sandbox.coverage.attempts import attempt
from pants_tflite.sandbox.tflite.flatbuffer_model import Model

_ALLOCATION = re.compile(r"Arena allocation (head|tail) (\d+) bytes")


def bisect(works: Callable[[int], bool], low: int, high: int) -> int:
    """The least multiple of the alignment above `low` that works, where `high` is one that does."""
    least, most = low // ARENA_ALIGNMENT, high // ARENA_ALIGNMENT
    while most - least > 1:
        middle = (least + most) // 2
        if works(middle * ARENA_ALIGNMENT):
            most = middle
        else:
            least = middle
    return most * ARENA_ALIGNMENT


def smallest_arena(runtime: Runtime, enough: int, run: Callable[[int], Any]) -> int:
    """The bytes that the model of `runtime` needs; it works in `enough` of them.

    Tensors are laid out before the first call, so only that is tried for every size; `run`, which
    raises if a call fails, has the last word.
    """
    enough = enough // ARENA_ALIGNMENT * ARENA_ALIGNMENT
    found = bisect(lambda size: attempt(lambda: runtime.load(size)).succeeded, 0, enough)
    if attempt(lambda: run(found)).succeeded:
        return found
    return bisect(lambda size: attempt(lambda: run(size)).succeeded, found, enough)


def allocated_parts(runtime: Runtime, arena: int) -> tuple[int, int]:
    """The persistent bytes of the model in an arena in which it works, and those of its tensors."""
    # They begin at the arena's end, which is to be aligned as on a device.
    aligned = arena // ARENA_ALIGNMENT * ARENA_ALIGNMENT
    report = attempt(lambda: runtime.report_allocations(aligned))
    parts = {part: int(size) for part, size in _ALLOCATION.findall(report.text)}
    if not report.succeeded or not {"head", "tail"} <= set(parts):
        raise RuntimeError(f"TFLite Micro does not report its allocations: {report.text}")
    return parts["tail"], parts["head"]


def largest_tensor(model: Model) -> ArenaTensor:
    """The largest tensor that takes room in the arena: of those of one size the first."""
    tensors = [tensor for graph in model.subgraphs for tensor in graph.tensors]
    # A model may yield nothing but constants.
    in_arena = [tensor for tensor in tensors if not tensor.constant] or tensors
    tensor = max(in_arena, key=lambda tensor: tensor_bytes(tensor.shape, tensor.dtype))
    return ArenaTensor(
        name=tensor.name,
        shape=tensor.shape,
        dtype=tensor.dtype,
        bytes=tensor_bytes(tensor.shape, tensor.dtype),
    )
