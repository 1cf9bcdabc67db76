# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Sequence

import numpy as np
import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import Dataset
from pants_tflite.sandbox.tflite.metadata_samples import check_samples

PIXELS = np.random.default_rng(0).integers(0, 256, (8, 4, 4, 3)).astype(np.float32)


def check(
    samples: np.ndarray, mean: Sequence[float], std: Sequence[float], name: str = "0"
) -> None:
    others = {} if name == "0" else {"weight": np.full(8, 9e9)}
    check_samples(
        Dataset({name: samples, **others}, None),
        "image",
        mean=mean,
        std=std,
        field="metadata",
        dataset_field="verify_dataset",
    )


@pytest.mark.parametrize(
    ("mean", "std"),
    [
        ([0.0], [1.0]),
        ([0.0], [255.0]),
        ([127.5], [127.5]),
        ([123.7, 116.3, 103.5], [58.4, 57.1, 57.4]),
    ],
)
def test_samples_that_were_made_so(mean: Sequence[float], std: Sequence[float]) -> None:
    samples = (PIXELS - np.array(mean)) / np.array(std)
    check(samples, mean, std)
    check(samples[:1], mean, std)
    check(samples, mean, std, name="image")


@pytest.mark.parametrize(
    ("samples", "mean", "std"),
    [
        (PIXELS, [127.5], [127.5]),
        (PIXELS, [0.0], [255.0]),
        (PIXELS / 127.5 - 1, [0.0], [1.0]),
        (PIXELS / 127.5 - 1, [0.0], [255.0]),
        (PIXELS / 255, [0.0], [1.0]),
        # Scaled twice.
        (PIXELS / 255 / 255, [0.0], [255.0]),
    ],
)
def test_samples_that_were_made_otherwise(
    samples: np.ndarray, mean: Sequence[float], std: Sequence[float]
) -> None:
    for name in ("0", "image"):
        with pytest.raises(Mistake, match="by its `mean` and `std`, pixels become") as caught:
            check(samples, mean, std, name=name)
    assert caught.value.field == "metadata"


def test_what_is_not_said_is_not_compared() -> None:
    check(PIXELS, [], [])
    check(PIXELS, [127.5], [127.5], name="other_image")


def test_a_resized_picture_may_overshoot() -> None:
    check(PIXELS - 3, [0.0], [1.0])
