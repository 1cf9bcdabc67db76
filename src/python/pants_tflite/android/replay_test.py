# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the generated class knows of the models; tests/android_test.py runs it."""

from __future__ import annotations

from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.android.replay import render_self_test
from pants_tflite.bundles.models import BundleModel
from pants_tflite.bundles.testutil import description_json

X = {"name": "x", "shape_signature": [None, 2]}
QUANTIZED = {
    "name": "y",
    "dtype": "int8",
    "quantization": {"scales": [0.5], "zero_points": [0], "quantized_dimension": None},
}


def _render(**facts: Any) -> str:
    whole = description_json({"inputs": [X], "outputs": [QUANTIZED, {"name": "z"}], **facts})
    model = BundleModel("digits", Address("m"), EMPTY_DIGEST, whole)
    return render_self_test("org.example.digits", "folder", [model]).decode("ascii")


def test_the_tensors_and_files_of_a_signature() -> None:
    source = _render()
    assert source.startswith("package org.example.digits;\n")
    expected = """\
      new Signature(
          Model.DIGITS,
          "folder/digits",
          "main",
          true,
          null,
          new String[] {"x"},
          new String[] {"y", "z"},
          new boolean[] {true, false})
    };
"""
    assert expected in source
    assert "@package@" not in source and "@signatures@" not in source


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"custom_ops": ["Bark"]}, "the Java API takes no custom ops"),
        ({"custom_ops": ["FlexRoll"], "select_tf_ops": ["Roll"]}, None),
        ({"inputs": [{"name": "x", "dtype": "float16"}]}, "the Java API has no float16"),
        (
            {"signatures": {"s": {"subgraph": 1, "inputs": {"x": X}, "outputs": {}}}},
            "the Java API cannot give its inputs a size that the model leaves open",
        ),
        ({"ops": [{"name": "MULTINOMIAL"}]}, "it draws random numbers by MULTINOMIAL"),
    ],
)
def test_why_a_signature_is_not_replayed(facts: dict[str, Any], reason: str | None) -> None:
    wanted = "null" if reason is None else f'"{reason}"'
    assert f"\n          {wanted},\n          new String[] {{" in _render(**facts)
