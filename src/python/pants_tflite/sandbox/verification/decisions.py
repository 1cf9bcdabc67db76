# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether a classifier decides as the SavedModel does, and whether it is right as often."""

from __future__ import annotations

import math

import numpy as np

from pants_tflite.sandbox.samples.labels import correct_predictions
from pants_tflite.sandbox.verification.comparison import rounded
from pants_tflite.sandbox.verification.verify_protocol import Accuracy, Decisions

# How far scores may be from [0, 1], and their sum from 1.
_ROUNDING = 1e-3
_SUM_TOLERANCE = 0.05


def are_scores(expected: np.ndarray) -> bool:
    """Whether an output of shape (N, …, classes) holds the scores of classes: between 0 and 1, and
    with a sum of 1."""
    if expected.dtype.kind != "f" or expected.ndim < 2 or expected.shape[-1] < 2:
        return False
    if expected.min() < -_ROUNDING or expected.max() > 1 + _ROUNDING:
        return False
    return float(np.abs(expected.sum(axis=-1) - 1).mean()) <= _SUM_TOLERANCE


def compare_decisions(
    expected: np.ndarray, actual: np.ndarray, *, tolerance: float, spread: float
) -> Decisions:
    """Compares which class has the greatest score.

    A decision is firm if the SavedModel's two best scores are farther apart than an error that the
    `tolerance` lets pass can move them: one of that part of the `spread`, in both of them. Where the
    scores have a sum of 1, all of a sample's error may be in these two.
    """
    classes = expected.shape[-1]
    share = math.sqrt(classes) if are_scores(expected) else 1.0
    margin = math.sqrt(2) * tolerance * spread * share
    rows, others = expected.reshape(-1, classes), actual.reshape(-1, classes)
    best = np.partition(rows, classes - 2, axis=1)[:, -2:]
    firm = best[:, 1] - best[:, 0] > margin
    differing = firm & (rows.argmax(axis=1) != others.argmax(axis=1))
    return Decisions(
        count=len(rows),
        firm=int(firm.sum()),
        differing=int(differing.sum()),
        margin=rounded(margin),
    )


def compare_accuracy(
    expected: np.ndarray, actual: np.ndarray, labels: np.ndarray | None
) -> Accuracy | None:
    """How often both outputs agree with the labels; None if they cannot be compared with them."""
    if labels is None:
        return None
    right, still_right = (correct_predictions(each, labels) for each in (expected, actual))
    if right is None or still_right is None:
        return None
    return Accuracy(
        samples=len(right),
        saved_model=int(right.sum()),
        model=int(still_right.sum()),
        lost=int((right & ~still_right).sum()),
    )


def most_lost(accuracy: Accuracy, share: float) -> float:
    """How many more samples than it wins the model may lose: a `share` of them, and twice the
    standard deviation of as many coin tosses as there are samples that changed."""
    won = accuracy.model - accuracy.saved_model + accuracy.lost
    return share * accuracy.samples + 2 * math.sqrt(accuracy.lost + won)
