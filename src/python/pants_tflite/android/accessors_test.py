# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.android.accessors import java_string, render_accessors
from pants_tflite.bundles.models import BundleModel
from pants_tflite.bundles.testutil import description_json


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("serving_default_x:0", '"serving_default_x:0"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("line\nline\x00", '"line\\nline\\000"'),
        ("\\u0022", '"\\\\u0022"'),
        ("Grüße", '"Gr\\u00fc\\u00dfe"'),
        ("\U0001f408", '"\\ud83d\\udc08"'),
    ],
)
def test_string_literals(value: str, expected: str) -> None:
    assert java_string(value) == expected


def _tensor(**values: Any) -> dict[str, Any]:
    tensor = {"name": "x", "dtype": "float32", "shape_signature": [None, 8], "quantization": None}
    return {**tensor, **values}


def test_source() -> None:
    scale = {"scales": [0.5], "zero_points": [-128], "quantized_dimension": None}
    per_axis = {"scales": [0.5, 0.25], "zero_points": [0, 0], "quantized_dimension": 1}
    facts = {
        "sizes": {"file": 908},
        "sha256": "ab",
        "inputs": [_tensor()],
        "outputs": [
            _tensor(name="y", dtype="int8", quantization=scale),
            _tensor(name="z", dtype="int8", shape_signature=[2], quantization=per_axis),
        ],
    }
    address = Address("models/digits", target_name="tflite")
    models = [
        BundleModel("digits_int8", address, EMPTY_DIGEST, description_json(facts), ("zero", "one")),
        BundleModel("plain", address, EMPTY_DIGEST, description_json(facts)),
    ]
    source = render_accessors("org.example.digits", "folder", models).decode("ascii")
    assert source.startswith("package org.example.digits;\n")
    for part in (
        '  DIGITS_INT8(\n      "digits_int8",\n      "folder/digits_int8.tflite",\n'
        '      "folder/digits_int8.labels.txt",\n      908L,\n      "ab",\n',
        '  PLAIN(\n      "plain",\n      "folder/plain.tflite",\n      null,\n',
        'new Tensor("x", "float32", new int[] {-1, 8}, 0.0f, 0)',
        'new Tensor("y", "int8", new int[] {-1, 8}, 0.5f, -128)',
        'new Tensor("z", "int8", new int[] {2}, 0.0f, 0)',
    ):
        assert part in source
