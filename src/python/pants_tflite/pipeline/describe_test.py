# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import json
from dataclasses import replace

from pants_tflite.pipeline.describe import ModelDescription
from pants_tflite.sandbox.tflite.conversion_protocol import CalibrationInfo, ConversionReport

INSPECTION = {"format_version": 3, "inputs": [{"name": "x"}], "sha256": "00"}
VERIFICATION = {"format_version": 2, "mode": "int8", "tools": {"ai-edge-litert": "2.3.0"}}
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
    description = ModelDescription(
        INSPECTION,
        VERIFICATION,
        CONVERSION,
        quantization={"mode": "int8"},
        calibration=CalibrationInfo(2, "ab"),
    )
    text = description.render().decode()
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
        "format_version": 1,
        "inputs": [{"name": "x"}],
        "quantization": {"mode": "int8"},
        "sha256": "00",
        "tools": {"ai-edge-litert": "2.3.0", "tensorflow": "2.21.0"},
        "verification": {"mode": "int8"},
    }


def test_tools_of_all_conversions_are_named() -> None:
    quantized = replace(CONVERSION, tools={"ai-edge-quantizer": "0.10.0"})
    description = ModelDescription(INSPECTION, VERIFICATION, quantized, CONVERSION)
    assert sorted(description.tools()) == ["ai-edge-litert", "ai-edge-quantizer", "tensorflow"]


def test_a_model_from_elsewhere_has_no_conversion() -> None:
    description = json.loads(ModelDescription(INSPECTION, VERIFICATION).render())
    assert description["conversion"] is None
    assert description["quantization"] is None
    assert description["tools"] == {"ai-edge-litert": "2.3.0"}
