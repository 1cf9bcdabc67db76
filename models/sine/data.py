# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The sine of angles between 0 and 2 pi, in random order and with a fixed seed."""

from __future__ import annotations

import math
from typing import Iterator

import numpy as np


def angles(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` angles in radians and their sines, both float32 of shape (count, 1)."""
    x = np.random.default_rng(seed).uniform(0, 2 * math.pi, (count, 1)).astype(np.float32)
    return x, np.sin(x)


def validation() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """500 other angles with their sines."""
    yield from zip(*angles(500, seed=2))


def calibration() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """200 angles with their sines, the ends of the range among them."""
    x, y = angles(198, seed=1)
    ends = np.array([[0.0], [2 * math.pi]], np.float32)
    yield from zip(np.concatenate([ends, x]), np.concatenate([np.sin(ends), y]))
