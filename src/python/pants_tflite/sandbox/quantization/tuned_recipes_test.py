# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The recipes that a search writes are the library's own for the modes."""

from __future__ import annotations

import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_quantizer.utils.tfl_flatbuffer_utils import TFL_OP_CODE_TO_NAME

from pants_tflite.sandbox.modes import MODES, Mode
from pants_tflite.sandbox.quantization.recipes import load_recipe, mode_recipe, read_recipe
from pants_tflite.sandbox.quantization.tuned_recipes import (
    PRECISIONS,
    float_io_entries,
    mode_entry,
    op_entry,
    tuned_recipe,
)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode.quantizes], ids=lambda m: m.name)
@pytest.mark.parametrize("per_channel", [True, False])
def test_the_entry_of_a_mode_is_the_librarys(mode: Mode, per_channel: bool) -> None:
    if per_channel or mode.has_int8_weights:
        entries = mode_recipe(mode, per_channel=per_channel)
        assert [mode_entry(mode.name, per_channel=per_channel)] == entries


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_library_takes_what_a_search_writes(precision: str) -> None:
    recipe = tuned_recipe(
        "int8",
        per_channel=True,
        ops=[("FULLY_CONNECTED", "a(b);c", precision)],
        calibration_samples=7,
        float_io=True,
    )
    read = read_recipe(recipe)
    assert read.calibration_samples == 7
    assert load_recipe(read.entries).need_calibration()
    assert read.entries[1] == op_entry("FULLY_CONNECTED", "a(b);c", precision)
    assert read.entries[1]["regex"] == r"^a\(b\);c;$"
    assert read.entries[2:] == float_io_entries()


def test_all_ops_have_the_librarys_names() -> None:
    builtins = {v: k for k, v in vars(schema.BuiltinOperator).items() if k[0] != "_"}
    for code, operation in TFL_OP_CODE_TO_NAME.items():
        assert op_entry(builtins[code], "a", "float32")["operation"] == operation.value
