# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import MODES
from pants_tflite.sandbox.quantization.recipes import io_entries, load_recipe, mode_recipe

DYNAMIC = {
    "regex": ".*",
    "operation": "FULLY_CONNECTED",
    "algorithm_key": "min_max_uniform_quantize",
    "op_config": {
        "weight_tensor_config": {"num_bits": 8, "granularity": "CHANNELWISE"},
        "compute_precision": "INTEGER",
        "explicit_dequantize": False,
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    entry = copy.deepcopy(DYNAMIC)
    *parents, key = path.split(".")
    target: Any = entry
    for parent in parents:
        target = target[parent]
    target[key] = value
    return entry


@pytest.mark.parametrize("mode", MODES[1:], ids=lambda mode: mode.name)
def test_a_modes_recipe_is_plain_data_and_calibrates_where_the_mode_does(mode: Any) -> None:
    entries = mode_recipe(mode)
    assert load_recipe(entries).need_calibration() == mode.calibrates
    assert load_recipe(json.loads(json.dumps(entries))).need_calibration() == mode.calibrates


def test_inputs_and_outputs_left_to_the_recipe() -> None:
    assert io_entries(None, None) == []
    assert [entry["operation"] for entry in io_entries(None, "int8")] == ["OUTPUT"]


@pytest.mark.parametrize(
    "entries, value, message, fix",
    [
        ({}, "{}", "the recipe is not a list of entries", "Give a list of dicts."),
        ([], "[]", "the recipe is not a list of entries", "Give a list of dicts."),
        (["CONV_2D"], "CONV_2D", "entry 0 of the recipe is not a dict", "algorithm_key, op_config"),
        (
            [DYNAMIC, changed("regexp", "x")],
            "regexp",
            "entry 1 of the recipe has the unknown key `regexp`",
            "operation, regex",
        ),
        (
            [{"regex": ".*", "operation": "*"}],
            "None",
            "entry 0 of the recipe lacks `algorithm_key`",
            "Give it `algorithm_key`.",
        ),
        (
            [changed("operation", "DENSE")],
            "DENSE",
            "`operation` in entry 0 of the recipe is `DENSE`",
            "FULLY_CONNECTED",
        ),
        (
            [changed("algorithm_key", "best")],
            "best",
            "`algorithm_key` in entry 0 of the recipe is `best`",
            "min_max_uniform_quantize",
        ),
        ([changed("regex", "(")], "(", "is not a regular expression: missing )", "Use `.*`"),
        (
            [changed("op_config.bits", 4)],
            "bits",
            "`op_config` in entry 0 of the recipe has the unknown key `bits`",
            "compute_precision",
        ),
        (
            [changed("op_config", None)],
            "None",
            "`op_config` in entry 0 of the recipe is not a dict",
            "weight_tensor_config",
        ),
        (
            [changed("op_config.weight_tensor_config.num_bit", 4)],
            "num_bit",
            "`weight_tensor_config` in entry 0 of the recipe has the unknown key `num_bit`",
            "num_bits",
        ),
        (
            [changed("op_config.weight_tensor_config", {"symmetric": True})],
            "None",
            "`weight_tensor_config` in entry 0 of the recipe lacks `num_bits`",
            "Give it `num_bits`.",
        ),
        (
            [changed("op_config.weight_tensor_config.granularity", "ROWWISE")],
            "ROWWISE",
            "`granularity` of `weight_tensor_config` in entry 0 of the recipe is `ROWWISE`",
            "CHANNELWISE",
        ),
        (
            [changed("op_config.compute_precision", "INT")],
            "INT",
            "`compute_precision` in entry 0 of the recipe is `INT`",
            "FLOAT, INTEGER",
        ),
        (
            [changed("op_config.weight_tensor_config.num_bits", 3)],
            "None",
            "ai-edge-quantizer does not support the recipe: Unsupported op for",
            "ai_edge_quantizer.recipe",
        ),
    ],
)
def test_what_is_no_recipe(entries: Any, value: str, message: str, fix: str) -> None:
    with pytest.raises(Mistake) as raised:
        load_recipe(entries)
    error = raised.value
    assert (error.field, str(error.value)) == ("recipe", value)
    assert message in error.message
    assert fix in error.fix


def test_an_op_may_be_left_in_float_without_a_configuration() -> None:
    entry = {"regex": ".*", "operation": "SOFTMAX", "algorithm_key": "no_quantize"}
    load_recipe([DYNAMIC, entry])
