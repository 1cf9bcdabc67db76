# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from pants_tflite.sandbox.harness import UserError
from pants_tflite.sandbox.testing.program_runs import run_program
from pants_tflite.sandbox.testing.small_models import (
    custom_op_model,
    linear_model,
    quantized_linear_model,
)
from pants_tflite.sandbox.tflite.checked_flatbuffer import CorruptModel
from pants_tflite.sandbox.tflite.inspect_model import describe_model, main
from pants_tflite.sandbox.tflite.model_reader import parse_model

X = {
    "name": "x",
    "shape": [1, 1],
    "shape_signature": [None, 1],
    "dtype": "float32",
    "quantization": None,
}


def test_description_of_a_float_model() -> None:
    assert describe_model(parse_model(linear_model())) == {
        "format_version": 1,
        "inputs": [X],
        "outputs": [{**X, "name": "y"}],
        "signatures": {
            "serving_default": {
                "subgraph": 0,
                "inputs": {"x": X},
                "outputs": {"y": {**X, "name": "y"}},
            }
        },
        "ops": [{"name": "FULLY_CONNECTED", "version": 1, "count": 1, "custom": False}],
        "custom_ops": [],
        "subgraphs": 1,
        "tensor_dtypes": {"float32": 4},
        "sizes": {"file": len(linear_model()), "weights": 8},
        "external_buffers": False,
        "description": "made for a test",
        "metadata": [],
        "min_runtime_version": None,
        "schema_version": 3,
    }


def test_description_of_a_quantized_model() -> None:
    description = describe_model(parse_model(quantized_linear_model(io_type="int8")))
    (tensor,) = description["inputs"]
    assert tensor["dtype"] == "int8"
    assert tensor["quantization"] == {
        "scales": [0.07874016],
        "zero_points": [0],
        "quantized_dimension": None,
    }
    assert description["tensor_dtypes"] == {"int8": 3, "int32": 1}


def test_ops_are_counted_by_name_and_version() -> None:
    description = describe_model(parse_model(quantized_linear_model()))
    assert [(op["name"], op["version"], op["count"]) for op in description["ops"]] == [
        ("DEQUANTIZE", 2, 1),
        ("FULLY_CONNECTED", 4, 1),
        ("QUANTIZE", 1, 1),
    ]


def test_custom_ops_are_listed() -> None:
    description = describe_model(parse_model(custom_op_model("Twice")))
    assert description["custom_ops"] == ["Twice"]
    assert description["ops"] == [{"name": "Twice", "version": 1, "count": 1, "custom": True}]


def test_program_writes_the_same_bytes_each_time(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(linear_model())
    written = []
    for _ in range(2):
        result = run_program("tflite.inspect_model", tmp_path, {"model": "model.tflite"})
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
        written.append((tmp_path / "out/inspection.json").read_bytes())
    assert written[0] == written[1]
    inspection = json.loads(written[0])
    assert inspection["sha256"] == hashlib.sha256(linear_model()).hexdigest()


def test_users_damaged_file_is_the_users_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cat.tflite").write_bytes(linear_model()[:200])
    with pytest.raises(UserError) as raised:
        main({"model": "cat.tflite", "field": "source"})
    assert raised.value.field == "source"
    assert raised.value.value == "cat.tflite"
    assert "`cat.tflite` is not an intact TensorFlow Lite model" in raised.value.message
    assert not Path("out/inspection.json").exists()


def test_damaged_result_of_a_step_is_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.tflite").write_bytes(linear_model()[:200])
    with pytest.raises(CorruptModel):
        main({"model": "model.tflite"})
