# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The split of the digits."""

from __future__ import annotations

import numpy as np

from models.digits.data import calibration, split, validation


def test_shapes_types_and_ranges() -> None:
    for (images, labels), count in zip(split(), (1437, 360)):
        assert images.shape == (count, 8, 8, 1)
        assert images.dtype == np.float32
        assert (images.min(), images.max()) == (0, 1)
        assert labels.dtype == np.int32
        assert set(labels) == set(range(10))


def test_no_picture_is_on_both_sides() -> None:
    training, held_out = ({image.tobytes() for image in images} for images, _ in split())
    assert not training & held_out


def test_datasets_are_the_two_sides_of_the_split() -> None:
    for samples, (images, labels) in zip((calibration(), validation()), split()):
        pictures, numbers = zip(*samples)
        np.testing.assert_array_equal(pictures, images)
        np.testing.assert_array_equal(numbers, labels)
