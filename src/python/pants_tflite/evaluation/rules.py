# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""All rules of this package."""

from __future__ import annotations

from pants_tflite.evaluation import (
    arena,
    blame,
    evaluate,
    find_tests,
    layer_errors,
    model_tests,
    models,
    plans,
    runtimes,
    score,
    timing,
)
from pants_tflite.evaluation.tuning import conversion
from pants_tflite.evaluation.tuning import plan as tuning_plan
from pants_tflite.evaluation.tuning import trial, tune


def rules():
    return (
        *arena.rules(),
        *blame.rules(),
        *conversion.rules(),
        *evaluate.rules(),
        *find_tests.rules(),
        *layer_errors.rules(),
        *model_tests.rules(),
        *models.rules(),
        *plans.rules(),
        *runtimes.rules(),
        *score.rules(),
        *timing.rules(),
        *trial.rules(),
        *tune.rules(),
        *tuning_plan.rules(),
    )
