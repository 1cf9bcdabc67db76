# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Ops whose outputs are others in each run."""

from __future__ import annotations

from pants_tflite.sandbox.constants import RANDOM_OPS
from pants_tflite.sandbox.tflite.flatbuffer_model import Model


def random_ops(model: Model) -> tuple[str, ...]:
    """The ops of the model that draw random numbers."""
    return tuple(sorted({code.name for code in model.op_codes if code.name in RANDOM_OPS}))
