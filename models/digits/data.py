# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""1,797 real handwritten digits of 8 x 8 pixels, which scikit-learn ships, and their fixed split."""

from __future__ import annotations

from typing import Iterator

import numpy as np
from sklearn.datasets import load_digits

VALIDATION_COUNT = 360


def split() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Training and validation pictures with their labels.

    Pictures are float32 of shape (N, 8, 8, 1) in [0, 1], labels int32 of shape (N,). They are
    shuffled with a fixed seed.
    """
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    images = (digits.images[order, :, :, np.newaxis] / 16.0).astype(np.float32)
    labels = digits.target[order].astype(np.int32)
    train, validation = slice(VALIDATION_COUNT, None), slice(VALIDATION_COUNT)
    return (images[train], labels[train]), (images[validation], labels[validation])


def calibration() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Training pictures with their labels."""
    yield from zip(*split()[0])


def validation() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The 360 held-out pictures with their labels."""
    yield from zip(*split()[1])
