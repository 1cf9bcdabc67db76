# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Models in bundles, as tests of bundles have them."""

from __future__ import annotations

import json
from typing import Any, Mapping, Optional

from pants_tflite.pipeline.model_description import ModelDescription

_PLAIN: dict[str, Any] = {
    "calibration": None,
    "conversion": None,
    "custom_ops": [],
    "description": "",
    "external_buffers": False,
    "format_version": 1,
    "metadata": [],
    "min_runtime_version": None,
    "quantization": None,
    "schema_version": 3,
    "sha256": "0" * 64,
    "subgraphs": 1,
    "tensor_dtypes": {},
    "tools": {},
    "verification": {
        "kernels": "BUILTIN_REF",
        "mode": None,
        "not_run": None,
        "outputs": [],
        "samples": {"count": 1, "source": "seeded"},
        "tolerance": None,
    },
}


def _tensor(fields: Mapping[str, Any], name: str = "x") -> dict[str, Any]:
    shape = fields.get("shape", [1 if n is None else n for n in fields.get("shape_signature", [1])])
    plain = {"dtype": "float32", "name": name, "quantization": None, "shape": shape}
    return {**plain, "shape_signature": shape, **fields}


def _op(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"count": 1, "custom": False, "version": 1, **fields}


def _signature(fields: Mapping[str, Any]) -> dict[str, Any]:
    named = {
        side: {name: _tensor(tensor, name) for name, tensor in fields[side].items()}
        for side in ("inputs", "outputs")
    }
    return {"subgraph": 0, **fields, **named}


def _quantization(fields: Optional[Mapping[str, Any]]) -> Optional[dict[str, Any]]:
    if fields is None:
        return None
    plain = {"engine": "tensorflow", "mode": None, "recipe": None}
    return {**plain, "input_type": None, "output_type": None, **fields}


def model_description(fields: Mapping[str, Any]) -> ModelDescription:
    """A whole `model.json`: `fields` override those of a plain model."""
    whole = {
        **_PLAIN,
        **fields,
        "inputs": [_tensor(tensor) for tensor in fields.get("inputs", ())],
        "outputs": [_tensor(tensor) for tensor in fields.get("outputs", ())],
        "ops": [_op(op) for op in fields.get("ops", ())],
        "signatures": {
            name: _signature(signature) for name, signature in fields.get("signatures", {}).items()
        },
        "quantization": _quantization(fields.get("quantization")),
        "verification": {**_PLAIN["verification"], **fields.get("verification", {})},
        "sizes": {"weights": 0, **fields.get("sizes", {"file": 1024})},
    }
    return ModelDescription.parse(json.dumps(whole))


def description_json(fields: Mapping[str, Any]) -> str:
    """The text of `model_description`."""
    return model_description(fields).render().decode()
