# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Calibration samples, as the inputs that a model is called with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import MODE_WITHOUT_SAMPLES
from pants_tflite.sandbox.samples.batching import Batching, cast, fit
from pants_tflite.sandbox.samples.npz_files import Dataset

FIELD = "calibration"


@dataclass(frozen=True)
class Feeds:
    """What each call of a model takes, by input name. It can be iterated any number of times:
    a converter that finds its samples exhausted silently leaves the model in float.
    """

    samples: Mapping[str, np.ndarray]
    batching: Batching

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        return self.batching.feeds(self.samples)


def read_calibration(path: str | None, *, needed_by: str) -> Dataset:
    """The samples in the file that a `tflite_dataset` wrote.

    Raises Mistake where there is no file, naming what it is `needed_by`, or it holds no samples.
    """
    if path is None:
        raise Mistake(
            f"{needed_by} needs calibration samples",
            field=FIELD,
            fix="Name a `tflite_dataset` that yields about a hundred typical samples in "
            f"`calibration`, or take a mode that needs none, such as {MODE_WITHOUT_SAMPLES}.",
        )
    dataset = Dataset.read(Path(path))
    if not dataset.inputs or not len(dataset):
        raise Mistake(
            "the calibration dataset holds no samples",
            field=FIELD,
            fix="Yield about a hundred typical samples from its function.",
        )
    return dataset


def calibration_feeds(
    dataset: Dataset,
    shapes: Mapping[str, Sequence[int | None]],
    dtypes: Mapping[str, np.dtype],
) -> Feeds:
    """The samples for a model's inputs, both mappings being in the order of the model's signature.

    Raises Mistake where names, shapes or types do not fit.
    """
    samples = dataset.for_inputs(list(shapes), field=FIELD)
    batching = fit(samples, shapes, field=FIELD)
    return Feeds(cast(samples, dtypes, field=FIELD), batching)
