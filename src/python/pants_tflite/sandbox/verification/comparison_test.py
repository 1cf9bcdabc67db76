# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import numpy as np
import pytest

from pants_tflite.sandbox.verification.comparison import compare
from pants_tflite.sandbox.verification.verify_protocol import WorstElement


def test_equal_outputs() -> None:
    outputs = np.array([[0.5], [2.5]], np.float32)
    assert compare(outputs, outputs).error == 0.0


def test_error_is_relative_to_the_range_over_all_samples() -> None:
    expected = np.array([[0.0, 10.0], [4.0, 20.0]], np.float32)
    actual = np.array([[0.0, 10.0], [4.0, 16.0]], np.float32)
    deviation = compare(expected, actual)
    assert deviation.measure == "normalized_rms"
    # sqrt(16 / 4) = 2, of a range of 20.
    assert deviation.error == 0.1
    assert deviation.worst == WorstElement(sample=1, index=(1,), expected=20.0, actual=16.0)


@pytest.mark.parametrize(
    "expected, actual, error",
    [
        ([5.0, 5.0], [5.5, 4.5], 10.0),  # range 0: 1 % of the greatest magnitude
        ([0.0, 0.0], [0.25, 0.25], 0.25),  # nothing but zeros
        ([100.0, 100.0001], [100.0001, 100.0], 1.00708e-4),  # differs only in the last bits
    ],
)
def test_outputs_that_hardly_vary(expected: list, actual: list, error: float) -> None:
    deviation = compare(np.array(expected, np.float32), np.array(actual, np.float32))
    assert deviation.error == pytest.approx(error, rel=0.02)


def test_integers_are_counted() -> None:
    deviation = compare(np.array([[3], [1], [7], [7]]), np.array([[3], [2], [7], [0]]))
    assert deviation.measure == "mismatches"
    assert deviation.error == 0.5
    assert deviation.worst == WorstElement(sample=3, index=(0,), expected=7.0, actual=0.0)


def test_booleans_are_counted() -> None:
    deviation = compare(np.array([True, False]), np.array([True, True]))
    assert (deviation.measure, deviation.error) == ("mismatches", 0.5)


def test_small_integers_do_not_wrap_around() -> None:
    deviation = compare(np.array([127], np.int8), np.array([-128], np.int8))
    assert (deviation.worst.expected, deviation.worst.actual) == (127.0, -128.0)
