# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Measuring a model in tests: its golden vectors from LiteRT, then TFLite Micro."""

from __future__ import annotations

from pathlib import Path

from pants_tflite.micro.sandbox import measure
from pants_tflite.micro.sandbox.measure_protocol import (
    MeasurementReport,
    MeasureRequest,
    MicroKernelOps,
)
from pants_tflite.sandbox.testing.verify_requests import verify_request
from pants_tflite.sandbox.verification import verify


def write_golden(data: bytes) -> None:
    """Writes a model, and the golden vectors that LiteRT's reference kernels yield for it."""
    Path("model.tflite").write_bytes(data)
    Path("out").mkdir(exist_ok=True)
    verify.main(verify_request())


def measure_model(
    data: bytes, *, golden: bool, kernels: MicroKernelOps | None = None
) -> MeasurementReport:
    """The report on a model."""
    if golden:
        write_golden(data)
    Path("out").mkdir(exist_ok=True)
    Path("model.tflite").write_bytes(data)
    measure.main(
        MeasureRequest(
            model="model.tflite",
            golden_input="out/golden_input.npz" if golden else None,
            golden_output="out/golden_output.npz" if golden else None,
            kernels=kernels,
        )
    )
    return MeasurementReport.parse(Path("out/measurement.json").read_bytes())
