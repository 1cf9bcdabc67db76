# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The six points of y = 2x - 1 that the model learns from."""

from __future__ import annotations

from typing import Iterator

import numpy as np

X = np.array([[-1.0], [0.0], [1.0], [2.0], [3.0], [4.0]], np.float32)
Y = 2 * X - 1


def points() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The training points as pairs of x and y, each of shape (1,)."""
    yield from zip(X, Y)
