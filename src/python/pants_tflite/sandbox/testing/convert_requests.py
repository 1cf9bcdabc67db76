# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Requests to convert a SavedModel in tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pants_tflite.sandbox.conversion.convert_protocol import ConvertRequest


def convert_request(saved_model: str = "saved_model", **changes: Any) -> ConvertRequest:
    """Asks for a float model of the SavedModel on one thread, but for the `changes`."""
    request = ConvertRequest(
        saved_model=saved_model,
        signatures=(),
        mode="float32",
        input_type=None,
        output_type=None,
        calibration=None,
        custom_ops=(),
        kernels=(),
        threads=1,
    )
    return replace(request, **changes)
