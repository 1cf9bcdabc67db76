# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.pipeline.quantization import Quantization, canonical_json, check_quantization
from pants_tflite.sandbox.modes import MODE_NAMES
from pants_tflite.sandbox.quantization.quantize_protocol import QuantizeRequest

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


def _request(recipe: str) -> QuantizeRequest:
    return QuantizeRequest(
        model="model.tflite",
        mode=None,
        recipe=json.loads(recipe),
        input_type=None,
        output_type=None,
        calibration=None,
        threads=1,
    )


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.one_of(st.binary(), _JSON.map(json.dumps).map(str.encode)))
def test_any_bytes_are_a_recipe_that_a_request_holds_or_refused(content: bytes) -> None:
    try:
        recipe = canonical_json(content)
    except ValueError:
        return
    request = _request(recipe)
    assert QuantizeRequest.parse(request.render()) == request


@pytest.mark.parametrize(
    "content", [b"[1e999]", b"[NaN]", b'["\\ud800"]', b"[" * 100_000, b"[" * 20 + b"]" * 20]
)
def test_json_that_no_request_holds(content: bytes) -> None:
    with pytest.raises(ValueError):
        canonical_json(content)
