# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import pytest

from pants_tflite.sandbox.harness import UserError
from pants_tflite.sandbox.modes import (
    DEFAULT_MODE,
    HYBRID_MODE_NAMES,
    IO_TYPES,
    MODE_NAMES,
    MODE_WITHOUT_SAMPLES,
    MODES,
    SMALLEST_MODE,
    find_mode,
    io_type,
    mode_of_io_type,
)


def test_the_five_modes() -> None:
    assert MODE_NAMES == ("float32", "dynamic_range", "float16", "int8", "int16x8")
    assert [mode.name for mode in MODES if mode.calibrates] == ["int8", "int16x8"]


def test_what_the_modes_do_to_weights_and_activations() -> None:
    assert [mode.name for mode in MODES if not mode.quantizes] == [DEFAULT_MODE] == ["float32"]
    assert HYBRID_MODE_NAMES == ("dynamic_range", "float16")
    assert [mode.name for mode in MODES if mode.has_float16_weights] == ["float16"]
    assert [mode.name for mode in MODES if mode.has_int8_activations] == ["int8"]


def test_the_modes_that_advice_names() -> None:
    assert (MODE_WITHOUT_SAMPLES, SMALLEST_MODE) == ("dynamic_range", "int8")


def test_a_type_of_inputs_and_outputs_leads_to_its_mode() -> None:
    modes = {dtype: mode_of_io_type(dtype).name for dtype in IO_TYPES}
    assert modes == {"float32": "float32", "int8": "int8", "uint8": "int8", "int16": "int16x8"}


def test_an_unknown_mode_names_the_choices() -> None:
    with pytest.raises(UserError) as raised:
        find_mode("int4")
    assert (raised.value.field, raised.value.value) == ("mode", "int4")
    assert "dynamic_range" in raised.value.fix


@pytest.mark.parametrize("name", MODE_NAMES)
def test_inputs_and_outputs_are_float32_by_default(name: str) -> None:
    assert io_type(find_mode(name), "input_type", None) == "float32"


@pytest.mark.parametrize(
    "name, value",
    [("int8", "int8"), ("int8", "uint8"), ("int16x8", "int16"), ("float16", "float32")],
)
def test_allowed_types(name: str, value: str) -> None:
    assert io_type(find_mode(name), "output_type", value) == value


@pytest.mark.parametrize(
    "name, value, choices, others",
    [
        ("dynamic_range", "int8", "Choose float32, or", "goes with the mode int8."),
        ("int8", "int16", "Choose float32 or int8 or uint8, or", "goes with the mode int16x8."),
        ("int16x8", "int8", "Choose float32 or int16, or", "goes with the mode int8."),
        ("float32", "float64", "Choose float32, or", "leave `input_type` out."),
    ],
)
def test_a_type_that_the_mode_does_not_allow(
    name: str, value: str, choices: str, others: str
) -> None:
    with pytest.raises(UserError) as raised:
        io_type(find_mode(name), "input_type", value)
    assert (raised.value.field, raised.value.value) == ("input_type", value)
    assert choices in raised.value.fix and raised.value.fix.endswith(others)
