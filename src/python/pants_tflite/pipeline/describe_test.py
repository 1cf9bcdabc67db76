# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import json
from dataclasses import replace

from pants_tflite.pipeline.describe import ModelReports
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.sandbox.tflite.conversion_protocol import (
    CalibrationInfo,
    ConversionReport,
    Cut,
    CutTensor,
    QuantizationSettings,
)
from pants_tflite.sandbox.tflite.inspect_model_protocol import (
    ModelOp,
    ModelSizes,
    ModelTensor,
    TensorQuantization,
)
from pants_tflite.sandbox.verification.verify_protocol import (
    OutputCheck,
    VerificationReport,
    VerifiedSamples,
    WorstElement,
)
from pants_tflite.testutil import EMPTY_INSPECTION

INSPECTION = replace(
    EMPTY_INSPECTION,
    inputs=(ModelTensor("x", (1, 2), (None, 2), "int8", TensorQuantization((0.5,), (3,), None)),),
    ops=(ModelOp("ABS", version=1, count=2, custom=False),),
    tensor_dtypes={"int8": 3},
    sizes=ModelSizes(file=100, weights=8),
)
VERIFICATION = VerificationReport(
    kernels="BUILTIN_REF",
    mode="int8",
    not_run=None,
    outputs=(OutputCheck("main", "y", "mismatches", 0.0, WorstElement(0, (1,), 2.0, 2.0)),),
    samples=VerifiedSamples(1, "ab"),
    tolerance=0.1,
    tools={"ai-edge-litert": "2.3.0"},
)
CONVERSION = ConversionReport(
    engine="tensorflow",
    mode="int8",
    input_type=None,
    output_type="int8",
    signatures=("serving_default",),
    calibration=CalibrationInfo(2, "ab"),
    recipe=None,
    tools={"tensorflow": "2.21.0"},
)


def test_reports_become_one_sorted_description() -> None:
    reports = ModelReports(
        INSPECTION,
        VERIFICATION,
        CONVERSION,
        quantization=QuantizationSettings("tensorflow", "int8", None, None, recipe=None),
        calibration=CalibrationInfo(2, "ab"),
    )
    description = reports.describe()
    text = description.render().decode()
    assert ModelDescription.parse(text) == description
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=2) + "\n"
    assert json.loads(text) == {
        "calibration": {"count": 2, "fingerprint": "ab"},
        "conversion": {
            "calibration": {"count": 2, "fingerprint": "ab"},
            "engine": "tensorflow",
            "input_type": None,
            "mode": "int8",
            "output_type": "int8",
            "recipe": None,
            "signatures": ["serving_default"],
        },
        "custom_ops": [],
        "description": "",
        "external_buffers": False,
        "format_version": 1,
        "inputs": [
            {
                "name": "x",
                "shape": [1, 2],
                "shape_signature": [None, 2],
                "dtype": "int8",
                "quantization": {"scales": [0.5], "zero_points": [3], "quantized_dimension": None},
            }
        ],
        "metadata": [],
        "min_runtime_version": None,
        "ops": [{"name": "ABS", "version": 1, "count": 2, "custom": False}],
        "outputs": [],
        "quantization": {
            "engine": "tensorflow",
            "input_type": None,
            "mode": "int8",
            "output_type": None,
            "recipe": None,
        },
        "schema_version": 3,
        "sha256": "00",
        "signatures": {},
        "sizes": {"file": 100, "weights": 8},
        "subgraphs": 1,
        "tensor_dtypes": {"int8": 3},
        "tools": {"ai-edge-litert": "2.3.0", "tensorflow": "2.21.0"},
        "verification": {
            "kernels": "BUILTIN_REF",
            "mode": "int8",
            "not_run": None,
            "outputs": [
                {
                    "signature": "main",
                    "name": "y",
                    "measure": "mismatches",
                    "error": 0.0,
                    "worst": {"sample": 0, "index": [1], "expected": 2.0, "actual": 2.0},
                }
            ],
            "samples": {"count": 1, "source": "ab"},
            "tolerance": 0.1,
        },
    }


def test_tools_of_all_conversions_are_named() -> None:
    quantized = replace(CONVERSION, tools={"ai-edge-quantizer": "0.10.0"})
    reports = ModelReports(INSPECTION, VERIFICATION, quantized, CONVERSION)
    assert sorted(reports.describe().tools) == ["ai-edge-litert", "ai-edge-quantizer", "tensorflow"]


def test_a_model_from_elsewhere_has_no_conversion() -> None:
    description = json.loads(ModelReports(INSPECTION, VERIFICATION).describe().render())
    assert description["conversion"] is None
    assert description["quantization"] is None
    assert description["tools"] == {"ai-edge-litert": "2.3.0"}


def test_the_description_says_where_a_model_was_cut() -> None:
    cut = Cut(
        signature="serving_default",
        inputs=(CutTensor("image", "image:0"),),
        outputs=(CutTensor("scores", "network/scores/Reshape:0"),),
        samples=16,
        made_up=False,
    )
    description = ModelReports(INSPECTION, VERIFICATION, cut=cut).describe()
    assert json.loads(description.render())["cut"] == {
        "signature": "serving_default",
        "inputs": [{"name": "image", "tensor": "image:0"}],
        "outputs": [{"name": "scores", "tensor": "network/scores/Reshape:0"}],
        "samples": 16,
        "made_up": False,
    }
    assert ModelDescription.parse(description.render()) == description
