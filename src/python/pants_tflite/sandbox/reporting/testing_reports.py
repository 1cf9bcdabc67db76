# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Small reports for tests."""

from __future__ import annotations

from typing import Any

from pants_tflite.sandbox.reporting.report_protocol import (
    ReportedModel,
    ReportedOp,
    ReportedScore,
)
from pants_tflite.sandbox.tflite.weigh_model_protocol import StoredTensor

ADDRESS = "models/digits:tflite@quantization="
DATASET = "models/digits:validation"


def op(index: int = 0, *, name: str = "CONV_2D", bytes: int = 100, **fields: Any) -> ReportedOp:
    values: dict[str, Any] = {
        "subgraph": 0,
        "index": index,
        "op": name,
        "tensor": f"t{index}",
        "layer": f"net/layer_{index}",
        "folded": False,
        "stored": (StoredTensor("w", (bytes,), "int8", bytes),) if bytes else (),
        "accumulated": None,
        "isolated": None,
        "stands_out": False,
    }
    return ReportedOp(**{**values, **fields})


def score(value: float, **fields: Any) -> ReportedScore:
    values: dict[str, Any] = {
        "metric": "accuracy",
        "dataset": DATASET,
        "score": value,
        "count": 200,
        "higher_is_better": True,
        "test": None,
        "min_score": None,
        "max_score": None,
    }
    return ReportedScore(**{**values, **fields})


def model(variant: str = "int8", **fields: Any) -> ReportedModel:
    values: dict[str, Any] = {
        "address": f"{ADDRESS}{variant}",
        "family": "models/digits:saved_model",
        "variant": variant,
        "mode": variant,
        "baseline": f"{ADDRESS}float32",
        "files": f"models/{variant}",
        "sha256": "0" * 64,
        "size": 1000,
        "other": 900,
        "arena": None,
        "scores": (score(0.95),),
        "ops": (op(),),
        "error_samples": None,
        "notes": (),
    }
    return ReportedModel(**{**values, **fields})
