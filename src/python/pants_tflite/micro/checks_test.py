# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a library's models must be and may take."""

from __future__ import annotations

from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.bundles.models import BundleModel, Labels, PlannedModel
from pants_tflite.bundles.testutil import description_json
from pants_tflite.custom_ops.declarations import CustomOp, CustomOps
from pants_tflite.errors import TfLiteError
from pants_tflite.micro.checks import (
    check_arena,
    check_arena_size,
    check_flash,
    check_ram,
    check_types,
    check_variants,
    methods_for,
)
from pants_tflite.micro.target_types import (
    MicroArenaSizeField,
    MicroMaxArenaField,
    MicroMaxFlashField,
    MicroMaxRamField,
)
from pants_tflite.micro.testing_libraries import arena, custom_op, model_facts, tensor
from pants_tflite.target_types import TfLiteFileTarget

ADDRESS = Address("m", target_name="mcu")


def _model(name: str, **facts: Any) -> BundleModel:
    description = description_json({**model_facts(), **facts})
    return BundleModel(name, Address("m", target_name=name), EMPTY_DIGEST, description)


def test_each_op_that_is_used_has_one_method() -> None:
    assert methods_for(ADDRESS, [_model("cats"), _model("dogs")]) == ("AddConv2D", "AddSoftmax")


def test_all_ops_without_a_method_are_listed() -> None:
    ops = [{"name": name, "custom": False, "count": 1} for name in ("GELU", "CONV_2D", "SIGN")]
    with pytest.raises(TfLiteError) as error:
        methods_for(ADDRESS, [_model("cats", ops=ops), _model("dogs", ops=ops[:1])])
    assert "- cats (m:cats): GELU\n- cats (m:cats): SIGN\n- dogs (m:dogs): GELU" in str(error.value)


def test_an_op_with_a_kernel_needs_no_method() -> None:
    ops = [
        {"name": "Bark", "custom": True, "count": 1},
        {"name": "SignalWindow", "custom": True, "count": 1},
    ]
    assert methods_for(ADDRESS, [_model("dogs", ops=ops)], ["Bark"]) == ("AddWindow",)
    # A kernel of the user's own goes before the runtime's.
    assert methods_for(ADDRESS, [_model("dogs", ops=ops)], ["Bark", "SignalWindow"]) == ()


def _planned(name: str, *ops: CustomOp) -> PlannedModel:
    target = TfLiteFileTarget({"source": "it.tflite"}, Address("m", target_name=name))
    return PlannedModel(name, target, Labels(), None, CustomOps(ops=ops))


def test_all_ops_without_a_micro_variant_are_listed() -> None:
    bark, wag = custom_op("Bark", has_micro=False), custom_op("Wag", has_micro=False)
    check_variants(ADDRESS, [_planned("cats"), _planned("dogs", custom_op("Purr"))])
    with pytest.raises(TfLiteError) as error:
        check_variants(ADDRESS, [_planned("cats", bark), _planned("dogs", bark, wag)])
    text = str(error.value)
    assert "m:mcu, field `models`: some custom ops of its models have no kernel" in text
    assert (
        "- cats (m:cats): Bark, ops:bark\n- dogs (m:dogs): Bark, ops:bark\n"
        "- dogs (m:dogs): Wag, ops:wag" in text
    )
    assert "`micro_dependencies`" in text


@pytest.mark.parametrize(
    ("ops", "arena_size", "has_tree", "expected"),
    [
        ((), None, False, None),
        ((custom_op("Bark"),), "4KB", False, None),
        ((custom_op("Bark"),), None, True, None),
        (
            (custom_op("Bark"),),
            None,
            False,
            "field `arena_size`: the tensor arena of dogs cannot be measured: TFLite Micro's wheel",
        ),
        ((), "4KB", False, "field `arena_size` = '4KB': its models have no custom ops"),
        ((custom_op("Bark"),), "4KB", True, "'4KB': the arena is measured, with the tree"),
        ((custom_op("Bark"),), "9KB", False, "'9KB': that is 4,000 bytes more than `max_arena`"),
    ],
)
def test_arenas_are_measured_or_given(
    ops: tuple[CustomOp, ...], arena_size: str | None, has_tree: bool, expected: str | None
) -> None:
    def check() -> None:
        check_arena_size(
            [_planned("dogs", *ops)],
            arena_size=MicroArenaSizeField(arena_size, ADDRESS),
            max_arena=MicroMaxArenaField("5KB", ADDRESS),
            has_tree=has_tree,
        )

    if expected is None:
        check()
        return
    with pytest.raises(TfLiteError) as error:
        check()
    assert expected in str(error.value)
    assert "Fix: " in str(error.value)


def test_all_types_without_a_cpp_type_are_listed() -> None:
    check_types(ADDRESS, [_model("cats")])
    wrong = _model(
        "cats", inputs=[tensor("x", "complex64", [1])], outputs=[tensor("y", "float16", [1])]
    )
    with pytest.raises(TfLiteError) as error:
        check_types(ADDRESS, [wrong])
    assert "input x is complex64\n- cats (m:cats): the output y is float16" in str(error.value)


def test_an_arena_over_the_limit() -> None:
    arenas = [("dogs", arena(500, 560)), ("cats", arena(900, 992))]
    check_arena(MicroMaxArenaField("992B", ADDRESS), arenas)
    check_arena(MicroMaxArenaField(None, ADDRESS), arenas)
    with pytest.raises(TfLiteError) as error:
        check_arena(MicroMaxArenaField("991B", ADDRESS), arenas)
    text = str(error.value)
    assert "m:mcu, field `max_arena` = '991B': the tensor arena of cats takes 992 bytes" in text
    assert "1 byte too many: 900 bytes measured and 10 % of margin" in text
    assert "Its largest tensor is hidden, int8 [1, 16], of 16 bytes" in text


def test_models_over_the_limit() -> None:
    sizes = {"cats": 70000, "dogs": 30000}
    check_flash(MicroMaxFlashField("100KB", ADDRESS), sizes, counted="All of it.")
    with pytest.raises(TfLiteError) as error:
        check_flash(MicroMaxFlashField("96KiB", ADDRESS), sizes, counted="All of it.")
    text = str(error.value)
    assert "m:mcu, field `max_flash` = '96KiB': the bundle takes 100,000 bytes of flash" in text
    assert "1,696 bytes too many (cats 70,000, dogs 30,000). All of it." in text


def test_memory_over_the_limit() -> None:
    sizes = {"arena": 4000, "runtime": 96}
    check_ram(MicroMaxRamField("4KiB", ADDRESS), sizes, counted="All of it.")
    with pytest.raises(TfLiteError) as error:
        check_ram(MicroMaxRamField("4KB", ADDRESS), sizes, counted="All of it.")
    text = str(error.value)
    assert "m:mcu, field `max_ram` = '4KB': the bundle takes 4,096 bytes of RAM" in text
    assert "96 bytes too many (arena 4,000, runtime 96). All of it." in text


def _in_mode(name: str, mode: str | None) -> BundleModel:
    quantization = None if mode is None else {"engine": "tensorflow", "mode": mode}
    return _model(name, quantization=quantization)


@pytest.mark.parametrize("mode", ["int8", None])
def test_models_that_cannot_be_quantized_further_are_not_told_to(mode: str | None) -> None:
    with pytest.raises(TfLiteError) as arena_error:
        check_arena(
            MicroMaxArenaField("991B", ADDRESS),
            [("cats", arena(900, 992))],
            [_in_mode("cats", mode)],
        )
    with pytest.raises(TfLiteError) as flash_error:
        check_flash(
            MicroMaxFlashField("1KB", ADDRESS),
            {"cats": 70000},
            counted="All of it.",
            models=[_in_mode("cats", mode)],
        )
    for error in (arena_error, flash_error):
        assert "or allow more." in str(error.value)
        assert "uantize" not in str(error.value)


def test_larger_models_are_named_by_the_advice() -> None:
    models = [_in_mode("cats", "int16x8"), _in_mode("dogs", "int8")]
    with pytest.raises(TfLiteError) as error:
        check_flash(
            MicroMaxFlashField("1KB", ADDRESS),
            {"cats": 70000, "dogs": 20000},
            counted="All of it.",
            models=models,
        )
    assert "Fix: Quantize cats to int8, leave a model out, or allow more." in str(error.value)
    with pytest.raises(TfLiteError) as error:
        check_arena(MicroMaxArenaField("991B", ADDRESS), [("cats", arena(900, 992))], models)
    assert "quantize the model to int8" in str(error.value)
