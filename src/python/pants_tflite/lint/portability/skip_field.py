# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The fields that silence the linter `tflite-portability` for a target."""

from __future__ import annotations

from typing import Optional

from pants.engine.target import AsyncFieldMixin, BoolField, StringSequenceField
from pants.util.strutil import help_text

from pants_tflite.lint.portability.checks import CHECKS
from pants_tflite.target_types import TfLiteFileTarget, TfLiteModelTarget


class SkipPortabilityField(BoolField):
    alias = "skip_tflite_portability"
    default = False
    help = help_text(
        """
        Whether the linter `tflite-portability` skips this target.

        Defaults to False.

        Example: `skip_tflite_portability=True`.
        """
    )


class IgnorePortabilityField(StringSequenceField, AsyncFieldMixin):
    alias = "ignore_tflite_portability"
    value: Optional[tuple[str, ...]]
    help = help_text(
        f"""
        The checks of the linter `tflite-portability` to leave out for this target: any of
        {", ".join(sorted(CHECKS))}.

        Defaults to none.

        Example: `ignore_tflite_portability=["resizing"]`.
        """
    )


def rules():
    return [
        target_type.register_plugin_field(field)
        for target_type in (TfLiteFileTarget, TfLiteModelTarget)
        for field in (IgnorePortabilityField, SkipPortabilityField)
    ]
