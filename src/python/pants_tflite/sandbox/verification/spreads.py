# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the error of an output's channels is divided by: how much each of them varies, and not less
than what can be noise.

A channel that varies little is one of two things: noise beside the others, such as a border pixel that
an autoencoder always draws black, or a quantity in other units, such as a confidence beside boxes in
pixels. The spreads of noise run on from those of the others, and those of another quantity do not.
"""

from __future__ import annotations

import numpy as np

# Values that vary by less than this part of their magnitude have no signal to lose: a step of int8 is
# twice as large. They are compared with this part of their magnitude, or of the whole output's spread.
_LEAST_SIGNAL = 2e-3
_CONSTANT_SCALE = 1e-2
_CONSTANT_SCALE_OF_WHOLE = 1e-1
# A score between 0 and 1 that stays in a fifth of its range is of a class that none of the samples
# has. Then this is its spread, for its own says nothing.
QUIET_RANGE = 0.2
_QUIET_SPREAD = 0.1
# Next to such values, those between 0 and 1 are in other units.
_NO_SCORE = 10.0
# So much larger is the spread of a channel in other units than the next smaller one, unless that is
# as small as no quantity that a model yields.
_GAP = 30.0
_LEAST_QUANTITY = 1e-2
# The noise, as a part of the greatest spread in the same units. Outputs with many channels, such as
# pictures and embeddings, have some that say nothing; with a few, each is meant.
_NOISE = 0.03
_NOISE_OF_MANY = 0.1
_MANY = 32


def spreads_of(columns: np.ndarray, whole: float, *, scores: bool) -> np.ndarray:
    """For each column of (values, channels); `whole` is the spread of all values, or 0 for a channel
    that is the whole. `scores` says that all are computed as scores between 0 and 1."""
    return spreads_of_ranges(
        columns.std(axis=0), columns.min(axis=0), columns.max(axis=0), whole=whole, scores=scores
    )


def spreads_of_ranges(
    spreads: np.ndarray, lows: np.ndarray, highs: np.ndarray, *, whole: float, scores: bool
) -> np.ndarray:
    """The same from the standard deviation, the least and the greatest value of each column."""
    magnitudes = np.maximum(np.abs(lows), np.abs(highs))
    unit = (lows >= 0) & (highs <= 1)
    constant = spreads <= _LEAST_SIGNAL * magnitudes
    floors = np.maximum(_CONSTANT_SCALE * magnitudes, _CONSTANT_SCALE_OF_WHOLE * whole)
    result = np.maximum(np.where(constant, floors, spreads), _noise(spreads, magnitudes, unit))
    ranges = _ranges_of_scores(lows, highs, unit, scores=scores)
    quiet = highs - lows < QUIET_RANGE * ranges
    result = np.where(quiet, np.maximum(result, _QUIET_SPREAD * ranges), result)
    # Nothing but zeros anywhere.
    return np.where(result == 0, 1.0, result)


def _ranges_of_scores(
    lows: np.ndarray, highs: np.ndarray, unit: np.ndarray, *, scores: bool
) -> np.ndarray:
    """For each column the range that scores of its kind use; 0 for what is no score."""
    if not unit.any():
        return np.zeros(len(unit))
    used = 1.0 if scores else float(highs[unit].max() - lows[unit].min())
    return np.where(unit, used, 0.0)


def _noise(spreads: np.ndarray, magnitudes: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """For each channel the spread below which it says nothing."""
    count = len(spreads)
    part = _NOISE_OF_MANY if count >= _MANY else _NOISE
    apart = unit & bool(magnitudes.max() > _NO_SCORE)
    noise = np.zeros(count)
    for group in (np.flatnonzero(apart), np.flatnonzero(~apart)):
        rising = group[np.argsort(spreads[group], kind="stable")]
        below, above = spreads[rising[:-1]], spreads[rising[1:]]
        ends = np.flatnonzero((above > _GAP * below) & (below >= _LEAST_QUANTITY)) + 1
        for same_units in np.split(rising, ends):
            if len(same_units):
                noise[same_units] = part * spreads[same_units].max()
    return noise
