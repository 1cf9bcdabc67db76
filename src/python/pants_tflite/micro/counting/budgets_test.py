# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.micro.checks import check_can_count
from pants_tflite.micro.counting.budgets import check_instructions
from pants_tflite.micro.counting.counts import ModelInstructions, OpInstructions
from pants_tflite.micro.counting.instruction_counts import CountedInstructions
from pants_tflite.micro.target_types import MicroMaxInstructionsField

ADDRESS = Address("m", target_name="mcu")
COUNTED = CountedInstructions(
    (
        ModelInstructions("cats", 2, 9_000, 1, (OpInstructions(0, "ADD", "", 8_000),)),
        ModelInstructions(
            "dogs",
            2,
            10_000,
            1,
            (
                OpInstructions(0, "SOFTMAX", "", 3_000),
                OpInstructions(1, "CONV_2D", "conv_1", 6_000),
            ),
        ),
    )
)


def limit(value: str) -> MicroMaxInstructionsField:
    return MicroMaxInstructionsField(value, ADDRESS)


def test_exactly_as_many_as_allowed() -> None:
    check_instructions(limit("10K"), COUNTED, "reference")
    check_instructions(MicroMaxInstructionsField(None, ADDRESS), COUNTED, "reference")


def test_too_many_name_the_op_that_costs_most_and_its_layer() -> None:
    with pytest.raises(TfLiteError) as error:
        check_instructions(limit("9.999K"), COUNTED, "cmsis_nn")
    assert (
        "m:mcu, field `max_instructions` = '9.999K': a call of dogs takes 10,000 instructions with "
        "cmsis_nn kernels, which is 1 too many. Most of them, 6,000, are those of CONV_2D, op 1 in the "
        "layer `conv_1`."
    ) in str(error.value)
    assert "cats" not in str(error.value)


def test_all_models_over_the_limit_are_named() -> None:
    with pytest.raises(TfLiteError, match="Also over the limit: cats 9,000"):
        check_instructions(limit("1K"), COUNTED, "reference")


def test_a_limit_without_counts_is_an_error() -> None:
    counted = CountedInstructions(why_not="`qemu-system-arm` was not found")
    check_instructions(MicroMaxInstructionsField(None, ADDRESS), counted, "reference")
    with pytest.raises(TfLiteError, match="not counted: `qemu-system-arm` was not found"):
        check_instructions(limit("4M"), counted, "reference")


def test_a_limit_needs_a_tree_and_a_processor() -> None:
    check_can_count(limit("4M"), compiles=True)
    check_can_count(MicroMaxInstructionsField(None, ADDRESS), compiles=False)
    with pytest.raises(TfLiteError, match="(?s)max_instructions.*`tflm` and a processor in `cpu`"):
        check_can_count(limit("4M"), compiles=False)
