# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `plan_arena` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class PlanArenaRequest(Message):
    """Asks for the tensor arena of the file `model`, which Vela compiled."""

    PROGRAM: ClassVar[str] = "pants_tflite.micro.npu.sandbox.plan_arena"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("planned_arena.json",)

    model: str


@dataclass(frozen=True)
class LargestTensor:
    """The largest tensor in the arena, the memory that the NPU works in among them."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int


@dataclass(frozen=True)
class PlannedArena(Message):
    """`tensors` is the bytes that Vela planned for tensors, and `runtime` how many TFLite Micro needs at
    most for its own tables of ops and tensors, by their number: nothing here runs the model."""

    FILE: ClassVar[str] = "planned_arena.json"

    tensors: int
    runtime: int
    largest_tensor: LargestTensor
