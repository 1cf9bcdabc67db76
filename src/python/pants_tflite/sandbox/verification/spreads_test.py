# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import numpy as np
import pytest

from pants_tflite.sandbox.verification.spreads import spreads_of

RANDOM = np.random.default_rng(0)


def normal(*spreads: float, means: float = 0.0) -> np.ndarray:
    """Many values of channels with these spreads."""
    values = RANDOM.normal(0, 1, (400, len(spreads)))
    return (values / values.std(axis=0)) * np.array(spreads) + means


def spreads(columns: np.ndarray) -> list[float]:
    found = spreads_of(columns, float(columns.std()), scores=False)
    return [float(spread) for spread in found]


def test_a_channel_has_its_own_spread() -> None:
    assert spreads(normal(4.0, 1.0, 0.5)) == pytest.approx([4.0, 1.0, 0.5])


def test_noise_beside_other_channels_is_measured_by_them() -> None:
    # A border pixel that varies a little, among 40 that vary more and more.
    rising = np.geomspace(0.004, 0.4, 40)
    assert spreads(normal(*rising))[0] == pytest.approx(0.04)
    # Even if nothing lies between it and the others.
    assert spreads(normal(1e-5, *rising[-36:]))[0] == pytest.approx(0.04)


def test_each_of_a_few_channels_is_meant() -> None:
    assert spreads(normal(10.0, 0.5)) == pytest.approx([10.0, 0.5])
    assert spreads(normal(10.0, 0.005))[1] == pytest.approx(0.3)


def test_a_channel_in_other_units_keeps_its_spread() -> None:
    assert spreads(normal(300.0, 250.0, 0.3)) == pytest.approx([300.0, 250.0, 0.3])


@pytest.mark.parametrize("size", [20.0, 640.0])
def test_confidences_beside_boxes_keep_their_spread(size: float) -> None:
    boxes = RANDOM.uniform(0, size, (400, 40))
    confidence = RANDOM.uniform(0, 1, (400, 1))
    assert spreads(np.hstack([boxes, confidence]))[-1] == pytest.approx(confidence.std())


def test_a_constant_is_compared_by_its_magnitude_or_by_the_whole() -> None:
    columns = np.hstack([normal(1.0), np.full((400, 1), 500.0)])
    assert spreads(columns[:, 1:]) == pytest.approx([5.0])
    assert spreads(columns)[1] == pytest.approx(0.1 * columns.std())


def test_zeros_alone_are_compared_with_one() -> None:
    assert spreads(np.zeros((5, 2))) == [1.0, 1.0]
