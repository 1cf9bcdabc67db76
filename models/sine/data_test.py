# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The sine's samples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.sine.data import angles, calibration, validation


def test_calibration_covers_the_range_to_its_ends() -> None:
    x, y = (np.array(values) for values in zip(*calibration()))
    assert x.shape == y.shape == (200, 1)
    assert x.dtype == y.dtype == np.float32
    assert (x.min(), x.max()) == (0, pytest.approx(2 * math.pi))
    np.testing.assert_allclose(y, np.sin(x), atol=1e-6)


def test_validation_has_other_angles_within_the_range() -> None:
    x = np.array([angle for angle, _ in validation()])
    assert x.shape == (500, 1) and 0 <= x.min() and x.max() <= 2 * math.pi
    calibrated = np.array([angle for angle, _ in calibration()])
    assert not np.isin(x, calibrated).any()


def test_angles_repeat_for_a_seed_alone() -> None:
    np.testing.assert_array_equal(angles(50, seed=3)[0], angles(50, seed=3)[0])
    assert not np.array_equal(angles(50, seed=3)[0], angles(50, seed=4)[0])
