# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""How far a converted model's output is from the SavedModel's, measured against its signal.

An error is a root mean square, divided by the spread of the expected values: their root mean square
about their mean. So 1 is what an output scores that does not depend on the input at all, whatever
else it holds, and the square of an error is the part of the signal that is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, Optional

import numpy as np

from pants_tflite.sandbox.verification.spreads import QUIET_RANGE, spreads_of
from pants_tflite.sandbox.verification.verify_protocol import WorstChannel, WorstElement

RELATIVE_RMS = "relative_rms"
MISMATCHES = "mismatches"
# Fewer values of a channel do not tell how much it varies.
_LEAST_VALUES = 4
# A class that has fewer samples is only judged by the decisions.
_LEAST_SAMPLES_OF_A_CLASS = 3
# Of so many channels, one may be lost; an embedding always has some that hardly ever vary. Classes
# are no such channels.
_CHANNELS_FOR_ONE_LOST = 100
_CHANNELS_FIRST_RANK = 3
_DIGITS = 6


@dataclass(frozen=True)
class Deviation:
    """`error` is zero for equal outputs; `measure` says what it is.

    - relative_rms, for real numbers: see above. `spread` is what the root mean square was divided by.
    - mismatches, for integers, booleans and text: the fraction of elements that differ.
    """

    measure: str
    error: float
    worst: WorstElement
    spread: Optional[float] = None
    channel: Optional[WorstChannel] = None


def rounded(value: Any) -> float:
    """`value` in the digits that are worth writing down."""
    return float(f"{float(value):.{_DIGITS}g}")


def compare(
    expected: np.ndarray, actual: np.ndarray, *, scores: bool = False, classes: bool = False
) -> Deviation:
    """The deviation of `actual` from `expected`, both finite and of one shape (N, …), not empty.

    `scores` says that the values are computed as scores between 0 and 1, `classes` that the last
    dimension has those of classes, with a sum of 1.
    """
    if expected.dtype.kind != "f":
        differs = expected != actual
        position = np.unravel_index(differs.argmax(), differs.shape)
        worst = _element(expected, actual, position)
        return Deviation(MISMATCHES, rounded(np.mean(differs)), worst)
    expected, actual = expected.astype(np.float64), actual.astype(np.float64)
    difference = actual - expected
    position = np.unravel_index(np.abs(difference).argmax(), difference.shape)
    spread = float(spreads_of(expected.reshape(-1, 1), 0.0, scores=scores)[0])
    return Deviation(
        measure=RELATIVE_RMS,
        error=rounded(_rms(difference) / spread),
        worst=_element(expected, actual, position),
        spread=rounded(spread),
        channel=_worst_channel(expected, difference, scores=scores, classes=classes),
    )


def _element(expected: np.ndarray, actual: np.ndarray, position: tuple[Any, ...]) -> WorstElement:
    return WorstElement(
        sample=int(position[0]),
        index=tuple(int(index) for index in position[1:]),
        expected=_plain(expected[position]),
        actual=_plain(actual[position]),
    )


def _plain(value: Any) -> float | str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else rounded(value)


def _rms(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    return np.sqrt(np.mean(values**2, axis=axis))


def _channel_axes(rank: int) -> Iterator[int]:
    """The dimensions whose indexes may be of different kinds: the last, and the first of a
    (samples, channels, places), as some detectors have it."""
    if rank == _CHANNELS_FIRST_RANK:
        yield 1
    if rank > 1:
        yield rank - 1


def _worst_channel(
    expected: np.ndarray, difference: np.ndarray, *, scores: bool, classes: bool
) -> WorstChannel | None:
    found = []
    for axis in _channel_axes(expected.ndim):
        columns = np.moveaxis(expected, axis, -1).reshape(-1, expected.shape[axis])
        if columns.shape[1] > 1 and columns.shape[0] >= _LEAST_VALUES:
            spreads = spreads_of(columns, float(expected.std()), scores=scores)
            errors = np.moveaxis(difference, axis, -1).reshape(columns.shape)
            relative = _rms(errors, axis=0) / spreads
            lost = len(relative) // _CHANNELS_FOR_ONE_LOST
            if classes and axis == expected.ndim - 1:
                samples = (columns >= QUIET_RANGE).sum(axis=0)
                relative[samples < _LEAST_SAMPLES_OF_A_CLASS] = 0
                lost = 0
            index = int(np.argsort(-relative, kind="stable")[lost])
            found.append(
                WorstChannel(
                    axis=axis,
                    index=index,
                    error=rounded(relative[index]),
                    spread=rounded(spreads[index]),
                )
            )
    return max(found, key=lambda channel: channel.error, default=None)
