# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import numpy as np
import pytest

from pants_tflite.sandbox.harness import UserError
from pants_tflite.sandbox.modes import MODE_NAMES
from pants_tflite.sandbox.verification.output_checks import Tolerance, check_finite, check_outputs
from pants_tflite.sandbox.verification.verify_protocol import OutputCheck, WorstElement

EXPECTED = {
    "near": np.array([[0.0], [1.0]], np.float32),
    "scores": np.array([[0.0, 10.0], [5.0, 20.0]], np.float32),
}


def test_outputs_within_the_tolerance() -> None:
    actual = {**EXPECTED, "scores": EXPECTED["scores"] + np.float32(1)}
    checks = check_outputs("serve", EXPECTED, actual, Tolerance(0.05, "int8", False))
    assert checks == [
        OutputCheck("serve", "near", "normalized_rms", 0.0, WorstElement(0, (0,), 0.0, 0.0)),
        OutputCheck("serve", "scores", "normalized_rms", 0.05, WorstElement(0, (0,), 0.0, 1.0)),
    ]


def test_the_worst_output_is_named_with_its_worst_element() -> None:
    actual = {"near": EXPECTED["near"] + np.float32(0.1), "scores": EXPECTED["scores"].copy()}
    actual["scores"][1, 1] = -20.0
    with pytest.raises(UserError) as raised:
        check_outputs("serve", EXPECTED, actual, Tolerance(0.05, "int8", False))
    assert raised.value.message == (
        "the output `scores` (signature `serve`) differs from the SavedModel's by a root mean "
        "square error of 1 of the output's range, where 0.05 is allowed. It is farthest for "
        "sample 1, at index [1]: -20 instead of 20"
    )
    assert (raised.value.field, raised.value.value) == ("quantization", "int8")
    assert "Calibrate with more samples" in raised.value.fix


@pytest.mark.parametrize("mode", [*MODE_NAMES, None])
def test_each_mode_has_its_advice(mode: str | None) -> None:
    with pytest.raises(UserError) as raised:
        check_outputs(
            "serve", EXPECTED, {**EXPECTED, "near": -EXPECTED["near"]}, Tolerance(0.05, mode, False)
        )
    assert "verify_tolerance" in raised.value.fix
    assert ("ExportArchive" in raised.value.fix) == (mode == "float32")


def test_a_tolerance_that_the_user_set_is_blamed() -> None:
    with pytest.raises(UserError) as raised:
        check_outputs(
            "serve",
            EXPECTED,
            {**EXPECTED, "near": -EXPECTED["near"]},
            Tolerance(0.02, "int8", True),
        )
    assert (raised.value.field, raised.value.value) == ("verify_tolerance", 0.02)


def test_integers_are_told_as_a_share() -> None:
    expected, actual = {"label": np.array([1, 2, 3, 4])}, {"label": np.array([1, 2, 3, 0])}
    with pytest.raises(UserError, match="by 25.00% of its elements, where 0.1 is allowed"):
        check_outputs("serve", expected, actual, Tolerance(0.1, "int8", False))


def test_another_shape() -> None:
    actual = {**EXPECTED, "near": np.zeros((2, 3), np.float32)}
    with pytest.raises(UserError) as raised:
        check_outputs("serve", EXPECTED, actual, Tolerance(0.1, "int8", False))
    assert "has the shape [2, 3] for 2 samples, the SavedModel's has [2, 1]" in raised.value.message


def test_not_a_number() -> None:
    outputs = {"scores": np.array([[0.0, 1.0], [2.0, np.nan]], np.float32)}
    with pytest.raises(UserError) as raised:
        check_finite("serve", outputs, who="the model", field="quantization", fix="Fix it.")
    assert raised.value.message == (
        "the model yields nan in its output `scores` (signature `serve`) for sample 1, at index [1]"
    )


def test_finite_outputs_and_integers() -> None:
    outputs = {"scores": np.zeros((1, 2), np.float32), "label": np.array([1])}
    check_finite("serve", outputs, who="the model", field=None, fix="")
