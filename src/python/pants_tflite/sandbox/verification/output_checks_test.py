# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping

import numpy as np
import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import MODE_NAMES
from pants_tflite.sandbox.verification.output_checks import (
    Outputs,
    Tolerance,
    check_finite,
    check_outputs,
)
from pants_tflite.sandbox.verification.verify_protocol import (
    Accuracy,
    Decisions,
    OutputCheck,
    WorstElement,
)

EXPECTED = {
    "near": np.array([[0.0], [1.0]], np.float32),
    "places": np.array([[0.0, 10.0], [5.0, 20.0]], np.float32),
}
INT8 = Tolerance(0.1, "int8", False)


def outputs(expected: Mapping[str, Any], actual: Mapping[str, Any], **fields: Any) -> Outputs:
    return Outputs("serve", expected, actual, **fields)


def test_outputs_within_the_tolerance() -> None:
    actual = {**EXPECTED, "places": EXPECTED["places"] + np.float32(0.5)}
    near, places = check_outputs(outputs(EXPECTED, actual), INT8)
    assert near == OutputCheck(
        "serve", "near", "relative_rms", 0.0, WorstElement(0, (0,), 0.0, 0.0), spread=0.5
    )
    assert (places.name, places.error) == ("places", pytest.approx(0.5 / 7.39510))
    assert places.worst == WorstElement(0, (0,), 0.0, 0.5)


def test_the_worst_output_is_named_with_its_worst_element() -> None:
    actual = {"near": EXPECTED["near"] + np.float32(0.1), "places": EXPECTED["places"].copy()}
    actual["places"][1, 1] = -20.0
    with pytest.raises(Mistake) as raised:
        check_outputs(outputs(EXPECTED, actual), INT8)
    assert raised.value.message == (
        "the output `places` (signature `serve`) differs from the SavedModel's: the root mean "
        "square of its error is 2.704 of the spread of its values (7.395), where 0.1 is allowed. "
        "It is farthest for sample 1, at index [1]: -20 instead of 20"
    )
    assert (raised.value.field, raised.value.value) == ("quantization", "int8")
    assert "Calibrate with more samples" in raised.value.fix


@pytest.mark.parametrize("mode", [*MODE_NAMES, None])
def test_each_mode_has_its_advice(mode: str | None) -> None:
    with pytest.raises(Mistake) as raised:
        check_outputs(
            outputs(EXPECTED, {**EXPECTED, "near": -EXPECTED["near"]}), Tolerance(0.05, mode, False)
        )
    assert "verify_tolerance" in raised.value.fix
    assert ("ExportArchive" in raised.value.fix) == (mode == "float32")


def test_a_tolerance_that_the_user_set_is_blamed() -> None:
    with pytest.raises(Mistake) as raised:
        check_outputs(
            outputs(EXPECTED, {**EXPECTED, "near": -EXPECTED["near"]}),
            Tolerance(0.02, "int8", True),
        )
    assert (raised.value.field, raised.value.value) == ("verify_tolerance", 0.02)


def test_a_lost_channel_is_named_and_gets_an_output_of_its_own() -> None:
    random = np.random.default_rng(0)
    expected = np.hstack([random.uniform(0, 640, (40, 4)), random.uniform(0, 1, (40, 1))])
    actual = expected * [1, 1, 1, 1, 0]
    with pytest.raises(Mistake) as raised:
        check_outputs(outputs({"boxes": expected}, {"boxes": actual}), INT8)
    assert "the error of its channel 4 (of dimension 1) is 2." in raised.value.message
    assert "where 0.3 is allowed" in raised.value.message
    assert "yield it as an output of its own" in raised.value.fix
    with pytest.raises(Mistake) as raised:
        check_outputs(
            outputs({"boxes": expected}, {"boxes": actual}), Tolerance(1e-3, "float32", False)
        )
    assert "ExportArchive" in raised.value.fix


def classes(picked: list[int], sure: float) -> np.ndarray:
    scores = np.full((len(picked), 50), (1 - sure) / 49)
    scores[np.arange(len(picked)), picked] = sure
    return scores


def test_equal_decisions_are_counted() -> None:
    expected = classes([number % 50 for number in range(40)], 0.9)
    (check,) = check_outputs(outputs({"p": expected}, {"p": expected}), INT8)
    assert check.decisions is not None
    assert check.decisions.margin == pytest.approx(0.126, rel=0.05)
    assert replace(check.decisions, margin=0) == Decisions(count=40, firm=40, differing=0, margin=0)


def test_decisions_that_the_error_of_the_scores_does_not_show() -> None:
    # Nine in ten samples are of one class, so that the others hardly weigh.
    expected = classes([0] * 90 + [1] * 10, 0.6)
    actual = expected.copy()
    actual[90:, [0, 1]] = [0.31, 0.3]
    with pytest.raises(Mistake) as raised:
        check_outputs(outputs({"p": expected}, {"p": actual}), Tolerance(0.27, "int8", False))
    assert "it decides for another class in 10 of the 100 cases that are clear" in (
        raised.value.message
    )
    assert "where 9.00% may differ" in raised.value.message


def test_accuracy_is_told_and_a_great_loss_refused() -> None:
    labels = np.arange(40) % 4
    # Logits that differ by less than the tolerance, all decided the other way.
    expected = np.full((40, 4), 10.0) * np.where(np.arange(40) % 2, 1, -1)[:, np.newaxis]
    expected[np.arange(40), labels] += 0.5
    actual = np.roll(expected, 1, axis=1)
    with pytest.raises(Mistake) as raised:
        check_outputs(
            outputs({"y": expected}, {"y": actual}, labels=labels), Tolerance(0.35, "int8", False)
        )
    assert "it is right for 0 of 40 labelled samples, where the SavedModel is for 40" in (
        raised.value.message
    )
    (check,) = check_outputs(outputs({"y": expected}, {"y": expected}, labels=labels), INT8)
    assert check.accuracy == Accuracy(samples=40, saved_model=40, model=40, lost=0)


def test_integers_are_told_as_a_share() -> None:
    expected, actual = {"label": np.array([1, 2, 3, 4])}, {"label": np.array([1, 2, 3, 0])}
    with pytest.raises(Mistake, match="25.00% of its elements are others, where 10.00% may be"):
        check_outputs(outputs(expected, actual), Tolerance(0.3, "int8", False))


def test_text_that_differs() -> None:
    with pytest.raises(Mistake, match="index \\[\\]: 'of' instead of 'off'"):
        check_outputs(outputs({"word": np.array([b"off"])}, {"word": np.array([b"of"])}), INT8)


def test_another_shape() -> None:
    actual = {**EXPECTED, "near": np.zeros((2, 3), np.float32)}
    with pytest.raises(Mistake) as raised:
        check_outputs(outputs(EXPECTED, actual), INT8)
    assert "has the shape [2, 3] for 2 samples, the SavedModel's has [2, 1]" in raised.value.message


def test_not_a_number() -> None:
    arrays = {"scores": np.array([[0.0, 1.0], [2.0, np.nan]], np.float32)}
    with pytest.raises(Mistake) as raised:
        check_finite("serve", arrays, who="the model", field="quantization", fix="Mend it.")
    assert raised.value.message == (
        "the model yields nan in its output `scores` (signature `serve`) for sample 1, at index [1]"
    )


def test_finite_outputs_and_integers() -> None:
    arrays = {"scores": np.zeros((1, 2), np.float32), "label": np.array([1])}
    check_finite("serve", arrays, who="the model", field=None, fix="")
