# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.testing.program_runs import run_program
from pants_tflite.sandbox.testing.small_models import (
    custom_op_model,
    linear_model,
    quantized_linear_model,
)
from pants_tflite.sandbox.tflite.checked_flatbuffer import CorruptModel
from pants_tflite.sandbox.tflite.inspect_model import describe_model, main
from pants_tflite.sandbox.tflite.inspect_model_protocol import (
    InspectionReport,
    InspectionRequest,
    ModelOp,
    ModelSignature,
    ModelSizes,
    ModelTensor,
    TensorQuantization,
)
from pants_tflite.sandbox.tflite.model_reader import parse_model

X = ModelTensor("x", (1, 1), (None, 1), "float32", None)


def describe(data: bytes) -> InspectionReport:
    return describe_model(parse_model(data), "cafe")


def test_description_of_a_float_model() -> None:
    y = replace(X, name="y")
    assert describe(linear_model()) == InspectionReport(
        inputs=(X,),
        outputs=(y,),
        signatures={"serving_default": ModelSignature(0, {"x": X}, {"y": y})},
        ops=(ModelOp("FULLY_CONNECTED", version=1, count=1, custom=False),),
        custom_ops=(),
        subgraphs=1,
        tensor_dtypes={"float32": 4},
        sizes=ModelSizes(file=len(linear_model()), weights=8),
        external_buffers=False,
        sha256="cafe",
        description="made for a test",
        metadata=(),
        min_runtime_version=None,
        schema_version=3,
    )


def test_description_of_a_quantized_model() -> None:
    report = describe(quantized_linear_model(io_type="int8"))
    (tensor,) = report.inputs
    assert tensor.dtype == "int8"
    assert tensor.quantization == TensorQuantization((0.07874016,), (0,), None)
    assert report.tensor_dtypes == {"int8": 3, "int32": 1}


def test_ops_are_counted_by_name_and_version() -> None:
    ops = describe(quantized_linear_model()).ops
    assert [(op.name, op.version, op.count) for op in ops] == [
        ("DEQUANTIZE", 2, 1),
        ("FULLY_CONNECTED", 4, 1),
        ("QUANTIZE", 1, 1),
    ]


def test_custom_ops_are_listed() -> None:
    report = describe(custom_op_model("Twice"))
    assert report.custom_ops == ("Twice",)
    assert report.ops == (ModelOp("Twice", version=1, count=1, custom=True),)


def test_program_writes_the_same_bytes_each_time(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(linear_model())
    written = []
    for _ in range(2):
        result = run_program(
            "tflite.inspect_model", tmp_path, InspectionRequest("model.tflite", None)
        )
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
        written.append((tmp_path / "out/inspection.json").read_bytes())
    assert written[0] == written[1]
    assert InspectionReport.parse(written[0]).sha256 == hashlib.sha256(linear_model()).hexdigest()


def test_users_damaged_file_is_the_users_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.tflite").write_bytes(linear_model()[:200])
    with pytest.raises(Mistake) as raised:
        main(InspectionRequest("model.tflite", "source", "cat.tflite"))
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
        main(InspectionRequest("model.tflite", None))
