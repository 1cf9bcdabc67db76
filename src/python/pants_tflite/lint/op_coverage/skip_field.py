# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The fields that silence the linter `tflite-op-coverage` for a target."""

from __future__ import annotations

from typing import Optional

from pants.engine.target import AsyncFieldMixin, BoolField, StringSequenceField
from pants.util.strutil import help_text

from pants_tflite.target_types import TfLiteFileTarget, TfLiteModelTarget


class SkipOpCoverageField(BoolField):
    alias = "skip_tflite_op_coverage"
    default = False
    help = help_text(
        """
        Whether the linter `tflite-op-coverage` skips this target.

        Defaults to False.

        Example: `skip_tflite_op_coverage=True`.
        """
    )


class IgnoreOpCoverageField(StringSequenceField, AsyncFieldMixin):
    alias = "ignore_tflite_op_coverage"
    value: Optional[tuple[str, ...]]
    help = help_text(
        """
        What the linter `tflite-op-coverage` leaves out for this target: ops and runtimes, by the names in
        its findings.

        Defaults to none.

        Example: `ignore_tflite_op_coverage=["GELU", "tflite_runtime_2_14"]`.
        """
    )


def rules():
    return [
        target_type.register_plugin_field(field)
        for target_type in (TfLiteFileTarget, TfLiteModelTarget)
        for field in (IgnoreOpCoverageField, SkipOpCoverageField)
    ]
