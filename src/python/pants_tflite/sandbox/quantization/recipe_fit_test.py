# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A recipe whose entries match nothing in a model is refused."""

from __future__ import annotations

from typing import Any

import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.quantization.recipe_fit import check_fits
from pants_tflite.sandbox.quantization.tuned_recipes import (
    FLOAT16,
    float_io_entries,
    mode_entry,
    op_entry,
)
from pants_tflite.sandbox.testing.small_models import linear_model
from pants_tflite.sandbox.tflite.packing import unpack


def check(*entries: Any) -> None:
    check_fits([mode_entry("int8", per_channel=True), *entries], unpack(linear_model(), field="f"))


def test_entries_for_all_layers_always_fit() -> None:
    check(*float_io_entries(), {**mode_entry("float16", per_channel=True), "operation": "CONV_2D"})


def test_entries_for_a_layer_that_is_there_fit() -> None:
    check(op_entry("FULLY_CONNECTED", "y", FLOAT16))
    check({"regex": "y", "operation": "OUTPUT", "algorithm_key": "no_quantize"})


def test_a_layer_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(Mistake) as error:
        check(op_entry("FULLY_CONNECTED", "old/MatMul", FLOAT16))
    assert error.value.field == "recipe"
    assert error.value.value == "^old/MatMul;$"
    assert "entry 1 of the recipe" in error.value.message
    assert "have changed. It has y;." in error.value.fix


def test_another_op_in_its_place_is_refused() -> None:
    with pytest.raises(Mistake) as error:
        check(op_entry("CONV_2D", "y", FLOAT16))
    assert error.value.value == "CONV_2D"
    assert "matches is FULLY_CONNECTED" in error.value.message
