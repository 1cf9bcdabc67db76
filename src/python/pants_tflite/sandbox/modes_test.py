# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import pytest

from pants_tflite.sandbox.harness import UserError
from pants_tflite.sandbox.modes import MODE_NAMES, MODES, find_mode, io_type


def test_the_five_modes() -> None:
    assert MODE_NAMES == ("float32", "dynamic_range", "float16", "int8", "int16x8")
    assert [mode.name for mode in MODES if mode.calibrates] == ["int8", "int16x8"]


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
