# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The errors of tensors against a signal, summed up call by call, so that no value is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pants_tflite.sandbox.verification.comparison import rounded
from pants_tflite.sandbox.verification.spreads import spreads_of_ranges

# What a value that is no finite number counts as.
_LARGEST = float(np.finfo(np.float32).max)


@dataclass
class Signal:
    """The float model's values of a tensor: how much they vary about their mean."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    def add(self, values: np.ndarray) -> None:
        """Takes the finite `values` in (Chan, Golub and LeVeque's update)."""
        if not values.size:
            return
        mean = float(values.mean())
        squares = float(np.square(values - mean).sum())
        total = self.count + values.size
        delta = mean - self.mean
        self.squares += squares + delta**2 * self.count * values.size / total
        self.mean += delta * values.size / total
        self.count = total
        self.low, self.high = min(self.low, values.min()), max(self.high, values.max())

    @property
    def spread(self) -> float:
        """What an error is divided by, as `comparison` has it."""
        deviation = math.sqrt(self.squares / self.count)
        spreads = spreads_of_ranges(
            np.array([deviation]),
            np.array([self.low]),
            np.array([self.high]),
            whole=0.0,
            scores=False,
        )
        return float(spreads[0])


@dataclass
class ErrorSum:
    """How far a tensor is from the signal."""

    count: int = 0
    squares: float = 0.0

    def add(self, expected: np.ndarray, actual: np.ndarray) -> None:
        limited = np.nan_to_num(
            actual.astype(np.float64), nan=_LARGEST, posinf=_LARGEST, neginf=-_LARGEST
        )
        self.squares += float(np.square(limited - expected).sum())
        self.count += expected.size

    def relative(self, signal: Signal) -> float:
        """The root mean square, divided by the signal's spread."""
        return rounded(math.sqrt(self.squares / self.count) / signal.spread)


@dataclass
class TensorErrors:
    """Both errors of a tensor, over all calls."""

    signal: Signal
    accumulated: ErrorSum
    isolated: ErrorSum

    @classmethod
    def create(cls) -> TensorErrors:
        return cls(Signal(), ErrorSum(), ErrorSum())

    def add(self, expected: np.ndarray, running: np.ndarray, alone: np.ndarray | None) -> None:
        """Takes a call's values in: the float model's, the quantized one's, and those of the op alone.

        Elements whose expected value is no finite number, such as those of a mask, are left out.
        """
        finite = np.isfinite(expected)
        values = expected[finite].astype(np.float64)
        self.signal.add(values)
        self.accumulated.add(values, running[finite])
        if alone is not None:
            self.isolated.add(values, alone[finite])
