# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether a model's samples look like images that were normalized as its metadata says.

Nothing else knows: a reader normalizes with what the metadata says, and a wrong mean leaves a model
that is right and an application that is not.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import Dataset

LARGEST_PIXEL = 255.0
# Resizing may overshoot a little: so far may a sample be beyond black and white, in pixel values.
_OVERSHOOT = 4.0
# Samples that use less of what pixels can be are of another range: 0 to 1 taken for 0 to 255.
_LEAST_SPAN = 1 / 16


def normalized_range(mean: Sequence[float], std: Sequence[float]) -> tuple[float, float]:
    """What black and white become, over all channels."""
    low = min(-m / s for m, s in zip(mean, std))
    high = max((LARGEST_PIXEL - m) / s for m, s in zip(mean, std))
    return low, high


def samples_of(dataset: Dataset, image: str) -> np.ndarray | None:
    """The samples of an input; None if the dataset does not say by name which they are."""
    if len(dataset.inputs) == 1:
        (samples,) = dataset.inputs.values()
        return samples
    return dataset.inputs.get(image)


def check_samples(
    dataset: Dataset,
    image: str,
    *,
    mean: Sequence[float],
    std: Sequence[float],
    field: str,
    dataset_field: str,
) -> None:
    """Raises Mistake if the samples of the input `image` contradict `mean` and `std`."""
    samples = samples_of(dataset, image)
    if samples is None or not mean or not samples.size:
        return
    low, high = normalized_range(mean, std)
    pixel = (high - low) / LARGEST_PIXEL
    least, most = float(samples.min()), float(samples.max())
    is_outside = least < low - _OVERSHOOT * pixel or most > high + _OVERSHOOT * pixel
    if is_outside or most - least < _LEAST_SPAN * (high - low):
        raise Mistake(
            f"by its `mean` and `std`, pixels become {low:.4g} to {high:.4g}, and the samples of "
            f"`{dataset_field}` for `{image}` are {least:.4g} to {most:.4g}",
            field=field,
            fix=(
                "Give the `mean` and `std` that the samples were made with: (pixel - mean) / std, for "
                "pixels from 0 to 255. A model that normalizes pixels itself has `mean=[0.0]` and "
                "`std=[1.0]`."
            ),
        )
