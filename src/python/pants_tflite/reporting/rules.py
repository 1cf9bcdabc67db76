# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""All rules of this room."""

from __future__ import annotations

from pants_tflite.reporting import class_names, ops, report, scores


def rules():
    return (
        *class_names.rules(),
        *ops.rules(),
        *report.rules(),
        *scores.rules(),
    )
