# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The backend `pants_tflite.lint.portability`: what costs models devices that they could run on."""

from __future__ import annotations

from pants_tflite.lint.portability import rules as portability_rules
from pants_tflite.lint.portability import skip_field


def target_types():
    return ()


def rules():
    return (*portability_rules.rules(), *skip_field.rules())
