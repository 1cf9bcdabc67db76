# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `check_gpu` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.coverage.coverage_protocol import RefusedOp
from pants_tflite.sandbox.gpu.find_vulkan_driver_protocol import VulkanDriver, VulkanSearch
from pants_tflite.sandbox.protocol import Message

# How far an output may be from the CPU's: its root mean square, divided by the spread of its values. See
# `check_gpu`.
GPU_TOLERANCE = 0.1


@dataclass(frozen=True)
class CheckGpuRequest(Message):
    """Asks LiteRT's GPU accelerator for the file `model`, on the `driver` that the `search` found.

    The golden files are those of the model, if it was run on the CPU; without them, it is run on
    `max_samples` made-up samples. Nothing takes longer than `max_seconds`.
    """

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.gpu.check_gpu"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("gpu.json",)

    model: str
    golden_input: Optional[str]
    golden_output: Optional[str]
    search: VulkanSearch
    driver: VulkanDriver
    max_samples: int
    seed: int
    max_seconds: int


@dataclass(frozen=True)
class GpuOutput:
    """How far an output of a signature is from the CPU's. `error` is zero for equal ones, and None if the
    accelerator yields no numbers; `measure` is one of verification's."""

    signature: str
    name: str
    measure: str
    error: Optional[float]

    @property
    def distance(self) -> str:
        """The error in words."""
        if self.error is None:
            return f"`{self.name}` is not a number"
        return f"`{self.name}` is off by {self.error:.2g} times the spread of its values"


def is_far(output: GpuOutput) -> bool:
    return output.error is None or output.error > GPU_TOLERANCE


@dataclass(frozen=True)
class GpuReport(Message):
    """Whether the whole model is `delegated` to the accelerator, with nothing left to the CPU.

    If it is not, `refused` are the ops without a kernel there; `reason` says why if there are none. If it
    is, they are the ops that compute something else, as far as that can be told.
    `not_compared` says why there are no `outputs` of a model that is. `runtime` is the accelerator's name
    and version.
    """

    FILE: ClassVar[str] = "gpu.json"

    delegated: bool
    refused: tuple[RefusedOp, ...]
    reason: str
    outputs: tuple[GpuOutput, ...]
    not_compared: Optional[str]
    runtime: str
