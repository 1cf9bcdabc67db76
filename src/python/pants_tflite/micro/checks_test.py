# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a library's models must be and may take."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.bundles.models import BundleModel
from pants_tflite.errors import TfLiteError
from pants_tflite.micro.checks import check_arena, check_flash, check_types, methods_for
from pants_tflite.micro.testing_libraries import arena, model_facts, tensor

ADDRESS = Address("m", target_name="mcu")


def _model(name: str, **facts: Any) -> BundleModel:
    description = json.dumps({**model_facts(), **facts})
    return BundleModel(name, Address("m", target_name=name), EMPTY_DIGEST, description)


def test_each_op_that_is_used_has_one_method() -> None:
    assert methods_for(ADDRESS, [_model("cats"), _model("dogs")]) == ("AddConv2D", "AddSoftmax")


def test_all_ops_without_a_method_are_listed() -> None:
    ops = [{"name": name, "custom": False, "count": 1} for name in ("GELU", "CONV_2D", "SIGN")]
    with pytest.raises(TfLiteError) as error:
        methods_for(ADDRESS, [_model("cats", ops=ops), _model("dogs", ops=ops[:1])])
    assert "- cats (m:cats): GELU\n- cats (m:cats): SIGN\n- dogs (m:dogs): GELU" in str(error.value)


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
    check_arena(ADDRESS, "992B", 992, arenas)
    check_arena(ADDRESS, None, None, arenas)
    with pytest.raises(TfLiteError) as error:
        check_arena(ADDRESS, "991B", 991, arenas)
    text = str(error.value)
    assert "m:mcu, field `max_arena` = '991B': the tensor arena of cats takes 992 bytes" in text
    assert "1 byte too many: 900 bytes measured and 10 % of margin" in text
    assert "Its largest tensor is hidden, int8 [1, 16], of 16 bytes" in text


def test_models_over_the_limit() -> None:
    sizes = {"cats": 70000, "dogs": 30000}
    check_flash(ADDRESS, "100KB", 100_000, sizes)
    with pytest.raises(TfLiteError) as error:
        check_flash(ADDRESS, "96KiB", 98_304, sizes)
    text = str(error.value)
    assert "m:mcu, field `max_flash` = '96KiB': the bundle takes 100,000 bytes of flash" in text
    assert "1,696 bytes too many (cats 70,000, dogs 30,000)" in text
