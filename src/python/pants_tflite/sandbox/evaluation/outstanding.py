# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which ops make so much more error than the others that they are to blame for it."""

from __future__ import annotations

from typing import Sequence

# An op stands out with so many times the error of an op of the lower quartile, and so much of its
# signal. Measured in int8 on a MobileNetV2, a ResNet and the models of models/, with good samples, no op
# stood out.
_TIMES_QUARTILE = 4.0
_LEAST_ERROR = 0.02


def outstanding(errors: Sequence[float | None]) -> list[bool]:
    """For each of the isolated `errors` of a model's ops, None for one that could not run alone.

    Ops without any error, which only move values, say nothing about the others.
    """
    made = sorted(error for error in errors if error)
    limit = max(_LEAST_ERROR, _TIMES_QUARTILE * made[len(made) // 4]) if made else _LEAST_ERROR
    return [error is not None and error >= limit for error in errors]
