# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import numpy as np
import pytest

from pants_tflite.sandbox.samples.labels import correct_predictions

SCORES = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]], np.float32)


@pytest.mark.parametrize(
    "output, labels, expected",
    [
        (SCORES, np.array([0, 1]), [True, False]),
        (SCORES, np.array([[1, 0, 0], [0, 0, 1]]), [True, True]),
        (np.array([[4], [5]]), np.array([4, 6]), [True, False]),
        (SCORES[np.newaxis], np.array([[0, 2]]), [True, True]),
    ],
    ids=["scores", "one-hot", "integers", "sequence"],
)
def test_what_is_right(output: np.ndarray, labels: np.ndarray, expected: list[bool]) -> None:
    right = correct_predictions(output, labels)
    assert right is not None and right.tolist() == expected


@pytest.mark.parametrize(
    "output, labels",
    [
        (SCORES, np.array([0.5, 1.0])),
        (SCORES, np.array([0, 3])),
        (SCORES, np.array([0])),
        (SCORES, np.eye(4, dtype=int)[:2]),
        (SCORES[:, :1], np.array([0, 0])),
        (SCORES, np.zeros(0, int)),
    ],
    ids=["numbers", "other classes", "other count", "other one-hot", "one score", "nothing"],
)
def test_what_cannot_be_compared(output: np.ndarray, labels: np.ndarray) -> None:
    assert correct_predictions(output, labels) is None
