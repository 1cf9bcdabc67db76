# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

from pants_tflite.sandbox.conversion.converter_errors import conversion_error


def test_an_unknown_failure_is_shown_without_a_guess() -> None:
    raised = conversion_error(RuntimeError("\n  the pass failed  \nand how"), "int8")
    assert raised.field is None
    assert raised.message == "TensorFlow's converter failed: the pass failed"
    assert raised.detail == "RuntimeError: \n  the pass failed  \nand how"


def test_a_failure_without_a_message_has_its_type() -> None:
    assert conversion_error(ValueError(), "int8").message.endswith("failed: ValueError")


def test_a_huge_message_is_cut_in_the_middle() -> None:
    detail = conversion_error(RuntimeError("begin" + " xyz" * 30_000 + " end"), "int8").detail
    assert len(detail) < 7000
    assert detail.startswith("RuntimeError: begin xyz") and detail.endswith("xyz …")


def test_several_ops_without_a_16x8_form() -> None:
    text = "Quantization to 16x8-bit not yet supported for op: '{}'.\n"
    error = RuntimeError(text.format("SIN") + text.format("FLOOR") + text.format("SIN"))
    raised = conversion_error(error, "int16x8")
    assert raised.message == "TensorFlow's converter has no int16x8 form of FLOOR, SIN"
    assert "float_fallback=True" in raised.fix


def test_token_ids_in_int16x8() -> None:
    text = (
        "Failed for tensor serving_default_ids:0\nEmpty min/max for tensor serving_default_ids:0\n"
    )
    raised = conversion_error(RuntimeError(text), "int16x8")
    assert (raised.field, raised.value) == ("engine", "tensorflow")
    assert "that has the integer input `ids`, such as token ids" in raised.message
    assert 'engine="ai_edge"' in raised.fix
