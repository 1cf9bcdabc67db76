# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""All rules of this package."""

from __future__ import annotations

from pants_tflite.evaluation import evaluate, layer_errors, models, runtimes, score
from pants_tflite.evaluation.tuning import conversion


def rules():
    return (
        *conversion.rules(),
        *evaluate.rules(),
        *layer_errors.rules(),
        *models.rules(),
        *runtimes.rules(),
        *score.rules(),
    )
