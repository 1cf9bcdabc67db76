# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""How far a converted model's output is from the SavedModel's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pants_tflite.sandbox.verification.verify_protocol import WorstElement

NORMALIZED_RMS = "normalized_rms"
MISMATCHES = "mismatches"
# An output that hardly varies cannot be distinguished from rounding in 32-bit floats.
_LEAST_RELATIVE_RANGE = 1e-2
_DIGITS = 6


@dataclass(frozen=True)
class Deviation:
    """`error` is zero for equal outputs; `measure` says what it is.

    - normalized_rms, for real numbers: the root mean square of the difference over all samples and
      elements, divided by the range (greatest less least) of the expected values. The range counts
      as 1 % of the greatest magnitude at least; where that is zero as well, as 1.
    - mismatches, for integers and booleans: the fraction of elements that differ.
    """

    measure: str
    error: float
    worst: WorstElement


def rounded(value: Any) -> float:
    """`value` in the digits that are worth writing down."""
    return float(f"{float(value):.{_DIGITS}g}")


def compare(expected: np.ndarray, actual: np.ndarray) -> Deviation:
    """The deviation of `actual` from `expected`, both finite and of one shape (N, …), not empty."""
    real = expected.dtype.kind == "f"
    difference = actual.astype(np.float64) - expected.astype(np.float64)
    position = np.unravel_index(np.abs(difference).argmax(), difference.shape)
    worst = WorstElement(
        sample=int(position[0]),
        index=tuple(int(index) for index in position[1:]),
        expected=rounded(expected[position]),
        actual=rounded(actual[position]),
    )
    if not real:
        return Deviation(MISMATCHES, rounded(np.mean(difference != 0)), worst)
    scale = _scale(expected.astype(np.float64))
    return Deviation(NORMALIZED_RMS, rounded(np.sqrt(np.mean(difference**2)) / scale), worst)


def _scale(expected: np.ndarray) -> float:
    magnitude = np.abs(expected).max()
    return float(max(np.ptp(expected), _LEAST_RELATIVE_RANGE * magnitude)) or 1.0
