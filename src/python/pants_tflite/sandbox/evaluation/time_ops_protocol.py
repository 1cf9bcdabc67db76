# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `time_ops` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping

from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class TimeOpsRequest(Message):
    """Asks how long each op of the main graph of `model` takes alone. `kernels` are those of custom
    ops."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.evaluation.time_ops"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("op_times.json",)

    model: str
    kernels: tuple[KernelLibrary, ...] = left_out(())


@dataclass(frozen=True)
class OpTimesReport(Message):
    """The median `seconds` of a call for each op by its index in the main graph, by the same kernels
    as `time_models`. `not_timed` says of other ops why they are not there."""

    FILE: ClassVar[str] = "op_times.json"

    seconds: Mapping[str, float]
    not_timed: Mapping[str, str]
