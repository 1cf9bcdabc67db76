# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The backend `pants_tflite.lint.op_coverage`: ops that the runtimes of a model's bundles lack."""

from __future__ import annotations

from pants_tflite.lint.op_coverage import rules as op_coverage_rules
from pants_tflite.lint.op_coverage import skip_field


def target_types():
    return ()


def rules():
    return (*op_coverage_rules.rules(), *skip_field.rules())
