# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `evaluate` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional

from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.protocol import Message, left_out
from pants_tflite.sandbox.samples.sample_dataset_protocol import ArrayInfo

# LiteRT as apps run it, with XNNPACK, and LiteRT with plain C++ loops, which devices agree with.
LITERT_RUNTIME, REFERENCE_RUNTIME = "litert", "reference"
PREDICTIONS_FILE = "predictions.npz"


@dataclass(frozen=True)
class EvaluateRequest(Message):
    """The model runs on the first `max_samples` of the `dataset`, or on all of them. `dataset_field`
    is blamed if they do not fit. Without a `signature`, `serving_default` is called, or the only one
    there is. `runtime` is "litert" or "reference"."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.evaluation.evaluate"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("predictions.json", PREDICTIONS_FILE)

    model: str
    dataset: str
    dataset_field: str
    runtime: str
    signature: Optional[str]
    max_samples: Optional[int]
    kernels: tuple[KernelLibrary, ...] = left_out(())


@dataclass(frozen=True)
class PredictionsReport(Message):
    """What is in `predictions.npz`: for each of the `outputs` an array `output/<name>` of shape
    (count, …), in real numbers if the model's output is quantized. `kernels` and `tools` are what
    ran it. In a `sequence` the shape is (count, calls, …)."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "predictions.json"

    count: int
    outputs: tuple[ArrayInfo, ...]
    runtime: str
    signature: str
    kernels: str
    tools: Mapping[str, str]
    sequence: bool = left_out(False)
