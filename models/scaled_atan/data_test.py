# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The joystick's samples."""

from __future__ import annotations

import numpy as np

from models.scaled_atan.data import calibration, pushes, validation


def test_calibration_covers_the_range_to_its_ends() -> None:
    x, y = (np.array(values) for values in zip(*calibration()))
    assert x.shape == y.shape == (200, 1)
    assert x.dtype == y.dtype == np.float32
    assert (x.min(), x.max()) == (-1, 1)
    np.testing.assert_allclose(y, np.tanh(6 * x**3), atol=1e-6)


def test_validation_has_other_positions_within_the_range() -> None:
    x = np.array([position for position, _ in validation()])
    assert x.shape == (500, 1) and -1 <= x.min() and x.max() <= 1
    calibrated = np.array([position for position, _ in calibration()])
    assert not np.isin(x, calibrated).any()


def test_pushes_repeat_for_a_seed_alone() -> None:
    np.testing.assert_array_equal(pushes(50, seed=3)[0], pushes(50, seed=3)[0])
    assert not np.array_equal(pushes(50, seed=3)[0], pushes(50, seed=4)[0])
