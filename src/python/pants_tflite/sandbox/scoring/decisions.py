# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a model decides: classes out of scores, next to the labels that they are compared with.

An output holds one of three things for what a label is about: a score for each class in its last
dimension, a single score between 0 and 1 for the class 1 against the class 0, or the number of a
class. A label is the number of a class, or one-hot. There may be many for a sample: pixels, or calls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake

_THRESHOLD = 0.5


@dataclass(frozen=True)
class Decisions:
    """`scores` has shape (N, labels of a sample, classes), or is None for an output of class numbers;
    `decided` and `labels` have shape (N, labels of a sample)."""

    scores: np.ndarray | None
    decided: np.ndarray
    labels: np.ndarray

    @property
    def wrong(self) -> np.ndarray:
        return self.decided != self.labels

    @property
    def losses(self) -> np.ndarray:
        """How much lower the right class's score is than the best one, for each label."""
        if self.scores is None:
            return self.wrong.astype(np.float64)
        return below_best(self.scores, self.labels)


def below_best(scores: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How much lower the scores of `classes` are than the best ones."""
    chosen = np.take_along_axis(scores, classes[..., np.newaxis], axis=-1)[..., 0]
    return scores.max(axis=-1).astype(np.float64) - chosen


def _shape_text(shape: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def _squeezed(array: np.ndarray) -> np.ndarray:
    """Without dimensions of 1 at the end, but for the first dimension."""
    while array.ndim > 1 and array.shape[-1] == 1:
        array = array[..., 0]
    return array


def class_numbers(labels: np.ndarray, *, field: str) -> np.ndarray:
    """Labels as integers. Raises Mistake, blaming `field`, if they are none."""
    is_number = labels.dtype.kind in "biuf"
    numbers = labels.astype(np.int64) if is_number else labels
    if not is_number or not np.array_equal(numbers, labels):
        kind = "text" if labels.dtype.kind in "SUO" else f"numbers such as {labels.flat[0]}"
        raise Mistake(
            f"the labels are {kind}, and not the numbers of classes",
            field=field,
            fix=(
                "Yield whole numbers from 0 on as labels. For real numbers, choose `mae`, `mse` or "
                "`max_abs_error`, or a function of your own."
            ),
        )
    return numbers


def _is_one_hot(labels: np.ndarray, output: np.ndarray) -> bool:
    if labels.shape != output.shape or labels.ndim < 2 or labels.shape[-1] < 2:
        return False
    return bool(((labels == 0) | (labels == 1)).all() and (labels.sum(axis=-1) == 1).all())


def two_scores(output: np.ndarray, name: str) -> np.ndarray:
    """The scores of both classes, for single scores. Raises Mistake if they are not from 0 to 1."""
    if output.min() < 0 or output.max() > 1:
        raise Mistake(
            f"the output `{name}` has one value for each label, and values between {output.min():g} "
            f"and {output.max():g}: it is no score from 0 to 1 that tells two classes apart",
            field="metric",
            fix=(
                "End the model with a sigmoid, or choose `mae`, `mse` or `max_abs_error` for a model "
                "that yields quantities."
            ),
        )
    # Exactly half, or less, is a decision for the class 0.
    return np.stack([2 * _THRESHOLD - output, output], axis=-1)


def decide(output: np.ndarray, name: str) -> Decisions:
    """What a model decides by itself, as scores and classes; the `labels` are its own decisions."""
    if output.dtype.kind in "biu":
        decided, scores = output.astype(np.int64).reshape(len(output), -1), None
    else:
        whole = _squeezed(output)
        scores = output if output.ndim > 1 and output.shape[-1] > 1 else two_scores(whole, name)
        scores = scores.reshape(len(output), -1, scores.shape[-1])
        decided = scores.argmax(axis=-1)
    return Decisions(scores, decided, decided)


def decisions_of(output: np.ndarray, labels: np.ndarray, *, name: str, field: str) -> Decisions:
    """The decisions of the output called `name` next to labels.

    Raises Mistake, blaming `field`, if the labels are none of it.
    """
    count = len(output)
    if _is_one_hot(labels, output):
        labels = labels.argmax(axis=-1)
    numbers = _squeezed(class_numbers(labels, field=field))
    if output.dtype.kind in "biu" and _squeezed(output).shape == numbers.shape:
        decided = output.astype(np.int64).reshape(count, -1)
        return Decisions(None, decided, numbers.reshape(count, -1))
    if output.dtype.kind in "biu":
        raise _misfit(output, labels, name, field)
    if output.ndim > 1 and output.shape[-1] > 1 and _fits(output.shape[:-1], numbers):
        scores = output
    elif _squeezed(output).shape == numbers.shape:
        scores = two_scores(_squeezed(output), name)
    else:
        raise _misfit(output, labels, name, field)
    scores = scores.reshape(count, -1, scores.shape[-1])
    numbers = numbers.reshape(count, -1)
    _check_range(numbers, scores.shape[-1], name, field)
    return Decisions(scores, scores.argmax(axis=-1), numbers)


def _fits(shape: tuple[int, ...], numbers: np.ndarray) -> bool:
    return _squeezed(np.empty(shape)).shape == numbers.shape


def _misfit(output: np.ndarray, labels: np.ndarray, name: str, field: str) -> Mistake:
    return Mistake(
        f"a label has the shape {_shape_text(labels.shape[1:])}, and the output `{name}` has the shape "
        f"{_shape_text(output.shape[1:])} for a sample: they are not labels of what the model decides",
        field=field,
        fix=(
            "Yield the number of a class, or one-hot labels, for each decision: for scores of the shape "
            "[classes] one number, for those of [height, width, classes] an array of [height, width]."
        ),
    )


def _check_range(labels: np.ndarray, classes: int, name: str, field: str) -> None:
    outside = np.argwhere((labels < 0) | (labels >= classes))
    if not len(outside):
        return
    sample, position = outside[0]
    raise Mistake(
        f"sample {sample} has the label {labels[sample, position]}, but the output `{name}` has scores "
        f"for {classes} classes, 0 to {classes - 1} ({len(outside)} labels are out of this range)",
        field=field,
        value=str(labels[sample, position]),
        fix="Number the classes as the model does, or name the output that they belong to in `output`.",
    )
