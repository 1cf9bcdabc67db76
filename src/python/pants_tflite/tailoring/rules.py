# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""All rules of this room."""

from __future__ import annotations

from pants_tflite.tailoring import custom_ops, functions, model_files


def rules():
    return (
        *custom_ops.rules(),
        *functions.rules(),
        *model_files.rules(),
    )
