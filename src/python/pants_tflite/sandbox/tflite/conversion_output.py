# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The output of a converting program: the model, and how it was made."""

from __future__ import annotations

from pants_tflite.sandbox.harness import OUTPUT_DIR, write_report
from pants_tflite.sandbox.samples.npz_files import Dataset, fingerprint
from pants_tflite.sandbox.tflite.conversion_protocol import CalibrationInfo, ConversionReport


def describe_calibration(dataset: Dataset | None) -> CalibrationInfo | None:
    """The count and the fingerprint of the samples, if any."""
    if dataset is None:
        return None
    return CalibrationInfo(len(dataset), fingerprint(dataset.to_arrays()))


def write_conversion(model: bytes, report: ConversionReport) -> None:
    """Writes `model.tflite` and `conversion.json`."""
    (OUTPUT_DIR / "model.tflite").write_bytes(model)
    write_report(report)
