# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A curve to fit: how far a joystick is pushed, and how fast the model should go."""

from __future__ import annotations

from typing import Iterator

import numpy as np


def pushes(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` positions from -1 to 1 and their speeds, both float32 of shape (count, 1).

    Around the middle the speed hardly rises, towards the ends it saturates.
    """
    x = np.random.default_rng(seed).uniform(-1, 1, (count, 1)).astype(np.float32)
    return x, np.tanh(6 * x**3)


def validation() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """500 other positions with their speeds."""
    yield from zip(*pushes(500, seed=2))


def calibration() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """200 positions with their speeds, the ends of the range among them."""
    x, y = pushes(198, seed=1)
    ends = np.array([[-1.0], [1.0]], np.float32)
    yield from zip(np.concatenate([ends, x]), np.concatenate([np.tanh(6 * ends**3), y]))
