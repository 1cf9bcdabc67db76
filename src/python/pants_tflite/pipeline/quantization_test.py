# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.pipeline.quantization import Quantization, check_quantization
from pants_tflite.sandbox.modes import MODE_NAMES

ADDRESS = Address("models", target_name="q")


@pytest.mark.parametrize("mode", MODE_NAMES)
def test_modes_alone_are_sound(mode: str) -> None:
    check_quantization(Quantization(mode), ADDRESS)
    assert Quantization(mode).calibrates == (mode in ("int8", "int16x8"))


def test_only_int8_has_int8_activations() -> None:
    assert [mode for mode in MODE_NAMES if Quantization(mode).has_int8_activations] == ["int8"]
    assert not Quantization(None, engine="ai_edge", recipe="[]").has_int8_activations


@pytest.mark.parametrize(
    ("quantization", "field", "value"),
    [
        (Quantization("float32", input_type="int8"), "input_type", "int8"),
        (Quantization("int8", output_type="int16"), "output_type", "int16"),
        (Quantization("int16x8", input_type="uint8"), "input_type", "uint8"),
    ],
)
def test_types_that_a_mode_cannot_have(quantization: Quantization, field: str, value: str) -> None:
    with pytest.raises(TfLiteError, match=f"models:q, field `{field}` = '{value}'"):
        check_quantization(quantization, ADDRESS)


def test_a_recipe_needs_the_ai_edge_engine() -> None:
    with pytest.raises(TfLiteError, match='Set `engine="ai_edge"`'):
        check_quantization(Quantization("int8", recipe="[]"), ADDRESS)
    check_quantization(Quantization(None, engine="ai_edge", recipe="[]"), ADDRESS)


def test_only_what_calibrates_may_depend_on_samples() -> None:
    assert not Quantization("float16").may_calibrate
    assert Quantization(None, engine="ai_edge", recipe="[]").may_calibrate
