# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the default tolerances of the modes must refuse and let pass, over outputs of many kinds."""

from __future__ import annotations

from typing import Callable

import numpy as np
import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import MODE_NAMES, find_mode
from pants_tflite.sandbox.verification.decisions import are_scores
from pants_tflite.sandbox.verification.output_checks import Outputs, Tolerance, check_outputs

COUNT = 60
FIRST, SECOND = (np.random.default_rng(seed).normal(0, 1, (COUNT, 12)) for seed in (0, 1))
WEIGHTS = np.random.default_rng(2).normal(0, 1, (24, 64))
# Rounding of one scale for all values, in steps of a mode's activations.
STEPS = {"float32": 2**24, "dynamic_range": 255, "float16": 2**11, "int8": 255, "int16x8": 65535}


def features(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.hstack([first, second]) @ WEIGHTS


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


MODELS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "a number": lambda a, b: features(a, b)[:, :1],
    "a number far from zero": lambda a, b: 40 + features(a, b)[:, :1],
    "logits": lambda a, b: features(a, b)[:, :10],
    "an embedding": lambda a, b: np.maximum(features(a, b), 0),
    "classes": lambda a, b: softmax(features(a, b)[:, :10]),
    "many classes": lambda a, b: softmax(3 * features(a, b)),
    "labels": lambda a, b: 1 / (1 + np.exp(-features(a, b)[:, :20])),
    "a sequence": lambda a, b: features(a, b).reshape(COUNT, 8, 8),
    "a picture": lambda a, b: softmax(features(a, b)[:, :48].reshape(COUNT, 4, 4, 3)),
}
WRONG: dict[str, Callable[[Callable[..., np.ndarray]], np.ndarray]] = {
    "swapped inputs": lambda model: model(SECOND, FIRST),
    "inputs scaled twice": lambda model: model(FIRST / 255, SECOND / 255),
    "lost variables": lambda model: np.zeros_like(model(FIRST, SECOND)),
    "no input looked at": lambda model: np.broadcast_to(
        model(FIRST, SECOND).mean(axis=0), model(FIRST, SECOND).shape
    ),
    "the sample before": lambda model: np.roll(model(FIRST, SECOND), 1, axis=0),
    "a dead input": lambda model: model(FIRST, 0 * SECOND),
}


def check(expected: np.ndarray, actual: np.ndarray, mode: str) -> None:
    tolerance = Tolerance(find_mode(mode).tolerance, mode, False)
    arrays = ({"y": expected.astype(np.float32)}, {"y": actual.astype(np.float32)})
    scores = {"y"} if are_scores(expected) else set()
    check_outputs(Outputs("serve", *arrays, scores=scores), tolerance)


def stored(values: np.ndarray, mode: str) -> np.ndarray:
    """What is left of `values` in a mode, with noise of the size of its steps from the layers before."""
    step = (max(values.max(), 0) - min(values.min(), 0)) / STEPS[mode]
    noise = np.random.default_rng(5).normal(0, step, values.shape)
    return np.round((values + noise) / step) * step


@pytest.mark.parametrize("mode", MODE_NAMES)
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_wrong_models_are_refused(
    wrong: Callable[..., np.ndarray], model: Callable[..., np.ndarray], mode: str
) -> None:
    with pytest.raises(Mistake):
        check(model(FIRST, SECOND), stored(wrong(model) + 1e-9, mode), mode)


@pytest.mark.parametrize("mode", MODE_NAMES)
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_good_models_pass(model: Callable[..., np.ndarray], mode: str) -> None:
    check(model(FIRST, SECOND), stored(model(FIRST, SECOND), mode), mode)


@pytest.mark.parametrize("mode", MODE_NAMES)
@pytest.mark.parametrize("model", [m for n, m in MODELS.items() if "number" not in n])
def test_a_dead_channel_is_refused(model: Callable[..., np.ndarray], mode: str) -> None:
    expected = model(FIRST, SECOND)
    # The one that matters most, for that of a class that no sample has may be dead.
    channel = int(expected.reshape(-1, expected.shape[-1]).std(axis=0).argmax())
    actual = expected.copy()
    actual[..., channel] = 0
    with pytest.raises(Mistake):
        check(expected, stored(actual, mode), mode)
