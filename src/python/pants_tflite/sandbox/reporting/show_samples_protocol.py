# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `show_samples` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message

# What a sample looks like.
PICTURE, WAVEFORM, VALUES = "picture", "waveform", "values"


@dataclass(frozen=True)
class ShowSamplesRequest(Message):
    """Asks for some samples of `dataset` with what a model says of them: its `predictions`. `labels`
    are the names of the classes, empty if they have none, and `limit` is how many samples to show.
    """

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.reporting.show_samples"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("samples.json",)

    dataset: str
    predictions: str
    labels: tuple[str, ...]
    limit: int


@dataclass(frozen=True)
class ShownSample:
    """The sample at `index`: `label` is what is true of it and `prediction` what the model says, both
    as text, None if the dataset has no labels or the model no such output. `correct` says whether
    they agree, None if that is not a question of yes or no. `confidence` is the score of the
    predicted class, `error` how far off a number is.

    `content` is a picture as a `data:` URL, a waveform as the path of an SVG of 120 x 40, or text.
    """

    index: int
    content: str
    label: Optional[str]
    prediction: Optional[str]
    correct: Optional[bool]
    confidence: Optional[float]
    error: Optional[float]


@dataclass(frozen=True)
class ConfusionCell:
    """So many samples of the class number `label` were taken for the class `prediction`."""

    label: int
    prediction: int
    count: int


@dataclass(frozen=True)
class ShownSamples(Message):
    """`samples` of the `input`, each a picture, a waveform or values, as `kind` says: wrong ones first.

    For a classification `classes` are the names of its classes, `confusion` counts all samples, and
    `correct` says how many of `count` were right; it is None for anything else.
    """

    FILE: ClassVar[str] = "samples.json"

    kind: str
    input: str
    count: int
    correct: Optional[int]
    classes: tuple[str, ...]
    confusion: tuple[ConfusionCell, ...]
    samples: tuple[ShownSample, ...]
