# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a model's outputs say of samples, next to what their labels say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.reporting.drawing import to_text
from pants_tflite.sandbox.reporting.show_samples_protocol import ConfusionCell
from pants_tflite.sandbox.scoring.decisions import decisions_of

_SHOWN_VALUES = 4
# Integers beyond are no numbers of classes.
_MOST_CLASSES = 100_000


@dataclass(frozen=True)
class Verdict:
    """What `ShownSample` says of one sample. The larger its `rank`, the earlier it is shown."""

    label: str | None
    prediction: str | None
    correct: bool | None
    confidence: float | None
    error: float | None
    rank: float


@dataclass(frozen=True)
class Classification:
    """Class numbers for each sample, and the score of the predicted class if there is one."""

    predicted: np.ndarray
    true: np.ndarray
    scores: np.ndarray | None
    names: tuple[str, ...]

    @property
    def confusion(self) -> tuple[ConfusionCell, ...]:
        pairs, counts = np.unique(
            np.stack([self.true, self.predicted], axis=1), axis=0, return_counts=True
        )
        return tuple(
            ConfusionCell(int(true), int(predicted), int(count))
            for (true, predicted), count in zip(pairs, counts)
        )

    @property
    def correct(self) -> int:
        return int((self.true == self.predicted).sum())

    def verdict(self, index: int) -> Verdict:
        is_correct = bool(self.true[index] == self.predicted[index])
        confidence = None if self.scores is None else round(float(self.scores[index]), 4)
        return Verdict(
            label=self.names[self.true[index]],
            prediction=self.names[self.predicted[index]],
            correct=is_correct,
            confidence=confidence,
            error=None,
            rank=-1.0 if is_correct else (confidence or 0.0),
        )


@dataclass(frozen=True)
class Numbers:
    """Outputs and labels of equal shape, or outputs without labels."""

    output: np.ndarray
    labels: np.ndarray | None

    def verdict(self, index: int) -> Verdict:
        error = None
        if self.labels is not None and self.labels.dtype.kind in "biuf":
            difference = self.output[index].astype(np.float64) - self.labels[index]
            error = float(f"{np.abs(difference).max():.4g}") if difference.size else 0.0
        return Verdict(
            label=None if self.labels is None else _values(self.labels[index]),
            prediction=_values(self.output[index]),
            correct=None,
            confidence=None,
            error=error,
            rank=error or 0.0,
        )


def _values(array: np.ndarray) -> str:
    flat = np.asarray(array).reshape(-1)
    texts = [to_text(value) for value in flat[:_SHOWN_VALUES]]
    return ", ".join([*texts, "…"] if len(flat) > _SHOWN_VALUES else texts)


def judge(
    outputs: Mapping[str, np.ndarray], labels: np.ndarray | None, names: tuple[str, ...]
) -> Classification | Numbers:
    """The first output, by name, that the labels are about; the first of all if they are about none."""
    ordered = [output for _, output in sorted(outputs.items())]
    if labels is not None:
        for output in ordered:
            classification = _classify(output, labels, names)
            if classification is not None:
                return classification
        for output in ordered:
            if output.size == labels.size and len(output) == len(labels):
                return Numbers(output, labels.reshape(output.shape))
    return Numbers(ordered[0], labels)


def _classify(
    output: np.ndarray, labels: np.ndarray, names: tuple[str, ...]
) -> Classification | None:
    """None if the output does not decide for one class of each sample, as the labels do."""
    is_one_hot = labels.ndim > 1 and labels.shape[-1] > 1
    if labels.dtype.kind not in "biu" and not is_one_hot:
        return None
    try:
        decisions = decisions_of(output, labels, name="", field="")
    except Mistake:
        return None
    if decisions.decided.shape[1] != 1:
        return None
    predicted, true = decisions.decided[:, 0], decisions.labels[:, 0]
    if min(predicted.min(), true.min()) < 0 or max(predicted.max(), true.max()) >= _MOST_CLASSES:
        return None
    count = int(max(predicted.max(), true.max())) + 1
    scores = None
    if decisions.scores is not None:
        count = max(count, decisions.scores.shape[-1])
        scores = decisions.scores[np.arange(len(predicted)), 0, predicted]
    # Labels in a file are for the scores; a class beyond them has a number only.
    known = names[:count]
    numbers = (str(number) for number in range(len(known), count))
    return Classification(predicted, true, scores, (*known, *numbers))
