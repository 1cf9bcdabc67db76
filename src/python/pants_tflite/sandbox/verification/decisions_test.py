# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import numpy as np
import pytest

from pants_tflite.sandbox.verification.decisions import (
    are_scores,
    compare_accuracy,
    compare_decisions,
    most_lost,
)
from pants_tflite.sandbox.verification.verify_protocol import Accuracy, Decisions


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(
    "output, expected",
    [
        (softmax(np.random.default_rng(0).normal(0, 4, (20, 5))), True),
        (np.eye(4, dtype=np.float32), True),
        (softmax(np.zeros((2, 6, 6, 3))), True),
        (np.full((3, 2), 0.9, np.float32), False),
        (np.array([[2.0, -1.0]], np.float32), False),
        (np.ones((5, 1), np.float32), False),
        (np.eye(4, dtype=np.int64), False),
    ],
)
def test_what_scores_are(output: np.ndarray, expected: bool) -> None:
    assert are_scores(output) is expected


def test_only_clear_decisions_count() -> None:
    expected = np.array([[0.9, 0.1], [0.51, 0.49], [0.2, 0.8], [0.1, 0.9]], np.float32)
    actual = np.array([[0.8, 0.2], [0.45, 0.55], [0.7, 0.3], [0.2, 0.8]], np.float32)
    decisions = compare_decisions(expected, actual, tolerance=0.1, spread=0.3)
    assert decisions == Decisions(count=4, firm=3, differing=1, margin=0.06)


def test_an_exact_model_must_decide_as_exactly() -> None:
    expected = np.array([[0.501, 0.499]], np.float32)
    decisions = compare_decisions(expected, expected[:, ::-1], tolerance=1e-3, spread=0.3)
    assert (decisions.firm, decisions.differing) == (1, 1)


def test_the_places_of_a_picture_decide_one_by_one() -> None:
    expected = np.tile(np.array([1, 0, 0], np.float32), (2, 4, 4, 1))
    actual = expected.copy()
    actual[0, 1, 1] = [0, 0, 1]
    decisions = compare_decisions(expected, actual, tolerance=0.1, spread=0.4)
    assert (decisions.count, decisions.differing) == (32, 1)


def test_accuracy_of_both() -> None:
    expected = np.eye(3, dtype=np.float32)
    actual = expected[[0, 0, 2]]
    assert compare_accuracy(expected, actual, np.array([0, 1, 1])) == Accuracy(3, 2, 1, 1)
    assert compare_accuracy(expected, actual, np.eye(3)[[0, 1, 1]].astype(int)) == Accuracy(
        3, 2, 1, 1
    )


@pytest.mark.parametrize("labels", [None, np.array([0.5, 1.5, 2.5]), np.array([0, 1, 3])])
def test_labels_of_something_else(labels: np.ndarray | None) -> None:
    scores = np.eye(3, dtype=np.float32)
    assert compare_accuracy(scores, scores, labels) is None


def test_a_few_lost_samples_may_be_chance() -> None:
    assert Accuracy(16, 16, 14, 2).lost <= most_lost(Accuracy(16, 16, 14, 2), 0.1)
    assert 76 > most_lost(Accuracy(100, 86, 10, 76), 0.1)
