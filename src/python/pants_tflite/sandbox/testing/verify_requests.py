# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Requests to verify a model in tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pants_tflite.sandbox.verification.verify_protocol import VerifyRequest


def verify_request(model: str = "model.tflite", **changes: Any) -> VerifyRequest:
    """Asks to run a model on made-up samples and to compare it with nothing, but for the `changes`."""
    request = VerifyRequest(
        model=model,
        reference=None,
        dataset=None,
        dataset_field="verify_dataset",
        mode=None,
        input_type=None,
        output_type=None,
        custom_ops=(),
        kernels=(),
        tolerance=None,
        max_samples=16,
        seed=0,
    )
    return replace(request, **changes)
