# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `time_model` is asked: one process of those of `time_models`, which has no report of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class TimedModel:
    """A model, and the kernels of its custom ops."""

    model: str
    kernels: tuple[KernelLibrary, ...] = left_out(())


@dataclass(frozen=True)
class TimeModelRequest(Message):
    """What is timed, on the first sample of the `dataset` or, without one, on a seeded random one.
    `dataset_field` is blamed if it does not fit."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.evaluation.time_model"

    model: TimedModel
    dataset: Optional[str]
    dataset_field: str
    signature: Optional[str]
