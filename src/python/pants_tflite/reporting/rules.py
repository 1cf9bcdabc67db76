# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""All rules of this room."""

from __future__ import annotations

from pants_tflite.reporting import (
    arenas,
    class_names,
    ops,
    report,
    runtimes,
    scores,
    tests_of_models,
    timings,
)


def rules():
    return (
        *arenas.rules(),
        *class_names.rules(),
        *ops.rules(),
        *report.rules(),
        *runtimes.rules(),
        *scores.rules(),
        *tests_of_models.rules(),
        *timings.rules(),
    )
