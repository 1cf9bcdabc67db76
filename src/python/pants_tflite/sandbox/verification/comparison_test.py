# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import numpy as np
import pytest

from pants_tflite.sandbox.verification.comparison import compare
from pants_tflite.sandbox.verification.verify_protocol import WorstElement

RANDOM = np.random.default_rng(0)


def steps_of_int8(values: np.ndarray) -> np.ndarray:
    """`values` as a tensor of one scale stores them."""
    step = (max(values.max(), 0) - min(values.min(), 0)) / 255
    return (np.round(values / step) * step).astype(np.float32)


def test_equal_outputs() -> None:
    outputs = np.array([[0.5], [2.5]], np.float32)
    assert compare(outputs, outputs).error == 0.0


def test_an_error_is_relative_to_the_spread_over_all_samples() -> None:
    expected = np.array([[0.0], [10.0], [4.0], [20.0]], np.float32)
    actual = np.array([[0.0], [10.0], [4.0], [16.0]], np.float32)
    deviation = compare(expected, actual)
    assert deviation.measure == "relative_rms"
    assert deviation.spread == pytest.approx(7.53326)
    # sqrt(16 / 4) = 2, of a spread of 7.53.
    assert deviation.error == pytest.approx(2 / 7.53326, rel=1e-5)
    assert deviation.worst == WorstElement(sample=3, index=(0,), expected=20.0, actual=16.0)
    assert deviation.channel is None


def test_an_output_that_ignores_its_input_has_an_error_of_one() -> None:
    expected = RANDOM.normal(7, 3, (200, 1))
    assert compare(expected, np.full_like(expected, expected.mean())).error == pytest.approx(1)


@pytest.mark.parametrize(
    "expected, actual, error",
    [
        ([5.0, 5.0], [5.5, 4.5], 10.0),  # 1 % of the magnitude
        ([0.0, 0.0], [0.25, 0.25], 0.25),  # nothing but zeros
        ([100.0, 100.0001], [100.0001, 100.0], 1e-4),  # differs only in the last bits
    ],
)
def test_outputs_that_hardly_vary(expected: list, actual: list, error: float) -> None:
    deviation = compare(np.array(expected, np.float32), np.array(actual, np.float32))
    assert deviation.error == pytest.approx(error, rel=0.02)


def test_a_constant_of_int8_is_near_enough() -> None:
    bias = np.full((20, 1), 293.0, np.float32) + RANDOM.normal(0, 0.01, (20, 1)).astype(np.float32)
    assert compare(bias, steps_of_int8(bias)).error < 0.2


def detections() -> np.ndarray:
    boxes = RANDOM.uniform(0, 640, (50, 4))
    return np.hstack([boxes, RANDOM.uniform(0, 1, (50, 3))]).astype(np.float32)


def test_a_channel_that_drowns_in_the_others() -> None:
    expected = detections()
    actual = steps_of_int8(expected)
    deviation = compare(expected, actual)
    assert deviation.error < 0.01
    assert deviation.channel is not None
    assert (deviation.channel.axis, deviation.channel.index in (4, 5, 6)) == (1, True)
    assert deviation.channel.error > 1


def test_channels_before_places() -> None:
    expected = detections().T[np.newaxis]
    channel = compare(expected, steps_of_int8(expected)).channel
    assert channel is not None and channel.axis == 1 and channel.index >= 4
    assert channel.error > 1


def test_one_dead_channel_of_many() -> None:
    expected = RANDOM.normal(0, 1, (30, 85)).astype(np.float32)
    actual = expected.copy()
    actual[:, 7] = 0
    channel = compare(expected, actual).channel
    assert channel is not None
    assert (channel.index, channel.error) == (7, pytest.approx(1, rel=0.1))


def test_an_embedding_may_lose_a_hundredth_of_its_channels() -> None:
    expected = RANDOM.normal(0, 1, (30, 300)).astype(np.float32)
    actual = expected.copy()
    actual[:, :3] = 0
    channel = compare(expected, actual).channel
    assert channel is not None and channel.error == 0
    actual[:, 3] = 0
    channel = compare(expected, actual).channel
    assert channel is not None and channel.error > 0.9


def test_scores_of_classes_that_no_sample_has() -> None:
    expected = np.full((20, 3), 0.002, np.float32)
    expected[:, 0] = np.linspace(0, 1, 20)
    actual = expected.copy()
    actual[:, 1:] = 0
    channel = compare(expected, actual).channel
    assert channel is not None and channel.error < 0.1
    quiet = np.linspace(0, 0.004, 20, dtype=np.float32)[:, np.newaxis]
    # By itself it may as well be a small number, unless it is computed as a score.
    assert compare(quiet, np.zeros_like(quiet)).error > 1
    assert compare(quiet, np.zeros_like(quiet), scores=True).error < 0.1


def test_a_score_that_is_used_is_never_quiet() -> None:
    expected = np.full((20, 1), 0.002, np.float32)
    expected[3] = 0.9
    assert compare(expected, np.full_like(expected, 0.002), scores=True).error > 0.9


def test_a_dead_class_of_many() -> None:
    expected = np.zeros((60, 1000), np.float32)
    expected[np.arange(60), np.arange(60) % 10] = 1
    actual = expected.copy()
    actual[:, 7] = 0
    channel = compare(expected, actual, scores=True, classes=True).channel
    assert channel is not None and (channel.index, channel.error > 1) == (7, True)


def test_a_class_with_one_sample_is_judged_by_the_decision() -> None:
    expected = np.zeros((16, 100), np.float32)
    expected[np.arange(16), np.arange(16)] = 1
    actual = np.roll(expected, 1, axis=1)
    channel = compare(expected, actual, scores=True, classes=True).channel
    assert channel is not None and channel.error < 1 < compare(expected, actual).error


def test_a_channel_of_zeros_is_compared_with_the_whole() -> None:
    expected = np.zeros((20, 2), np.float32)
    expected[:, 0] = np.linspace(-10, 10, 20)
    actual = expected + np.array([0, 0.05], np.float32)
    channel = compare(expected, actual).channel
    assert channel is not None and 0 < channel.error < 0.2


def test_too_few_samples_tell_nothing_of_channels() -> None:
    expected = detections()[:3]
    assert compare(expected, steps_of_int8(expected)).channel is None


def test_integers_are_counted() -> None:
    deviation = compare(np.array([[3], [1], [7], [7]]), np.array([[3], [2], [7], [0]]))
    assert deviation.measure == "mismatches"
    assert deviation.error == 0.5
    assert deviation.worst == WorstElement(sample=1, index=(0,), expected=1.0, actual=2.0)


def test_booleans_are_counted() -> None:
    deviation = compare(np.array([True, False]), np.array([True, True]))
    assert (deviation.measure, deviation.error) == ("mismatches", 0.5)


def test_text_is_counted() -> None:
    deviation = compare(np.array([[b"on"], [b"off"]]), np.array([[b"on"], [b"of"]]))
    assert (deviation.measure, deviation.error) == ("mismatches", 0.5)
    assert deviation.worst == WorstElement(sample=1, index=(0,), expected="off", actual="of")


def test_small_integers_do_not_wrap_around() -> None:
    deviation = compare(np.array([127], np.int8), np.array([-128], np.int8))
    assert (deviation.worst.expected, deviation.worst.actual) == (127.0, -128.0)
