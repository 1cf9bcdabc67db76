# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.batching import fit
from pants_tflite.sandbox.samples.seeded_samples import seeded_samples

FIELD = "verify_dataset"


def draw(shape: Any, dtype: Any, seed: int = 0) -> np.ndarray:
    return seeded_samples({"x": shape}, {"x": np.dtype(dtype)}, count=50, seed=seed, field=FIELD)[
        "x"
    ]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((None, 2, 3), (50, 2, 3)),
        ((-1, 2), (50, 2)),
        ((1, 2), (50, 2)),
        ((4, 2), (50, 4, 2)),
        ((), (50,)),
    ],
)
def test_shapes_fit_the_input(shape: Any, expected: Any) -> None:
    samples = draw(shape, "float32")
    assert samples.shape == expected
    assert fit({"x": samples}, {"x": shape}, field=FIELD).size == 1


def test_values() -> None:
    floats = draw((None, 9), "float32")
    assert floats.dtype == np.float32
    assert -1 <= floats.min() < -0.9 and 0.9 < floats.max() < 1
    assert set(draw((None, 9), "int64").ravel()) == {0, 1}
    assert draw((None, 9), "bool").dtype == np.bool_


def test_a_seed_says_it_all() -> None:
    assert np.array_equal(draw((None, 9), "float32", 1), draw((None, 9), "float32", 1))
    assert not np.array_equal(draw((None, 9), "float32", 1), draw((None, 9), "float32", 2))


@pytest.mark.parametrize(
    ("shape", "dtype", "message"),
    [
        ((None, None, 3), "float32", "unknown dimensions besides the batch"),
        (None, "float32", "unknown number of dimensions"),
        ((None,), object, "no samples can be made up"),
        ((1 << 20, 1 << 20), "float32", "too large to make up"),
    ],
)
def test_what_needs_a_dataset(shape: Any, dtype: Any, message: str) -> None:
    with pytest.raises(Mistake, match=message) as caught:
        draw(shape, dtype)
    assert caught.value.field == FIELD
    assert "`tflite_dataset`" in caught.value.fix
