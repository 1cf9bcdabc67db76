# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Calibration samples, as the inputs that a model is called with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import MODE_WITHOUT_SAMPLES, NOT_FOR_MICRO
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
            f"`calibration`, or take a mode that needs none, such as {MODE_WITHOUT_SAMPLES}. "
            f"{NOT_FOR_MICRO}.",
        )
    dataset = Dataset.read(Path(path))
    if not dataset.inputs or not len(dataset):
        raise Mistake(
            "the calibration dataset holds no samples",
            field=FIELD,
            fix="Yield about a hundred typical samples from its function.",
        )
    return dataset


def first_samples(dataset: Dataset, count: int | None) -> Dataset:
    """The first `count` samples of a dataset, or all of them."""
    if count is None:
        return dataset
    return replace(
        dataset,
        inputs={name: array[:count] for name, array in dataset.inputs.items()},
        label=None if dataset.label is None else dataset.label[:count],
    )


@dataclass(frozen=True)
class InputSpecs:
    """A signature's inputs, in the signature's order."""

    shapes: Mapping[str, Sequence[int | None]]
    dtypes: Mapping[str, np.dtype]


def calibration_feeds(dataset: Dataset, signatures: Mapping[str, InputSpecs]) -> dict[str, Feeds]:
    """The samples for each signature.

    Raises Mistake where names, shapes or types do not fit.
    """
    feeds = {}
    for name, specs in signatures.items():
        try:
            feeds[name] = _signature_feeds(dataset, name, specs)
        except Mistake as error:
            if len(signatures) == 1:
                raise
            raise Mistake(
                f"for the signature `{name}`, {error.message}",
                field=error.field,
                value=error.value,
                fix=(
                    f"{error.fix} A sample for several signatures is a dict with the inputs of all "
                    f"of them; the key `{name}/<input>` is an input of `{name}` alone."
                ),
                detail=error.detail,
            ) from error
    return feeds


def _signature_feeds(dataset: Dataset, name: str, specs: InputSpecs) -> Feeds:
    if not specs.shapes:
        return Feeds({}, fit({}, {}, field=FIELD))
    own = dataset.of_signature(name, list(specs.shapes)) or dataset
    samples = own.for_inputs(list(specs.shapes), field=FIELD)
    batching = fit(samples, specs.shapes, field=FIELD, sequence=dataset.sequence)
    return Feeds(cast(samples, specs.dtypes, field=FIELD), batching)
