# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Describes a `.tflite` file as JSON, without an interpreter; refuses a damaged one.

`out/inspection.json` holds

- `inputs`, `outputs`: the tensors of the main subgraph, in the model's order (see below);
- `signatures`: by name, `subgraph` and the `inputs` and `outputs` by their names, which are what a
  caller uses, as the same tensors;
- `ops`: `name` (builtin's name or custom code), `version`, `count` over all subgraphs, `custom`;
- `custom_ops`: the custom codes; `subgraphs`: how many; `tensor_dtypes`: how many tensors of each;
- `sizes`: `file` and `weights`, in bytes; `external_buffers`: whether weights lie outside of the
  flatbuffer, where a microcontroller's runtime does not find them; `sha256` of the file;
- `description`, `metadata` (names), `min_runtime_version` (null: not said), `schema_version`.

A tensor has `name`, `shape` (1 for an unknown dimension), `shape_signature` (null for it), `dtype`
(numpy's name of it) and `quantization`: null, or `scales`, `zero_points` and `quantized_dimension`,
which is null where one scale is for the whole tensor. real = scale * (stored - zero point).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any, Iterable

from pants_tflite.sandbox.harness import OUTPUT_DIR, UserError, run, write_json
from pants_tflite.sandbox.tflite.checked_flatbuffer import CorruptModel
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Tensor
from pants_tflite.sandbox.tflite.model_reader import parse_model

FORMAT_VERSION = 1


def describe_tensor(tensor: Tensor) -> dict[str, Any]:
    """`tensor` as the module's docstring says."""
    quantization = None
    if tensor.quantization is not None:
        per_axis = len(tensor.quantization.scales) > 1
        quantization = {
            "scales": list(tensor.quantization.scales),
            "zero_points": list(tensor.quantization.zero_points),
            "quantized_dimension": tensor.quantization.dimension if per_axis else None,
        }
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "shape_signature": list(tensor.shape_signature),
        "dtype": tensor.dtype,
        "quantization": quantization,
    }


def _describe_named(tensors: Iterable[tuple[str, Tensor]]) -> dict[str, Any]:
    return {name: describe_tensor(tensor) for name, tensor in tensors}


def _describe_ops(model: Model) -> list[dict[str, Any]]:
    counts = Counter(op.code for graph in model.subgraphs for op in graph.ops)
    # A runtime looks up a kernel for every op code, be it used or not.
    codes = sorted(set(model.op_codes), key=lambda code: (code.name, code.version, code.custom))
    return [
        {"name": code.name, "version": code.version, "count": counts[code], "custom": code.custom}
        for code in codes
    ]


def describe_model(model: Model) -> dict[str, Any]:
    """All of `inspection.json` but the file's hash."""
    main = model.subgraphs[0]
    dtypes = Counter(tensor.dtype for graph in model.subgraphs for tensor in graph.tensors)
    return {
        "format_version": FORMAT_VERSION,
        "inputs": [describe_tensor(main.tensors[index]) for index in main.inputs],
        "outputs": [describe_tensor(main.tensors[index]) for index in main.outputs],
        "signatures": {
            signature.name: {
                "subgraph": signature.subgraph,
                "inputs": _describe_named(signature.inputs),
                "outputs": _describe_named(signature.outputs),
            }
            for signature in model.signatures
        },
        "ops": _describe_ops(model),
        "custom_ops": list(model.custom_ops),
        "subgraphs": len(model.subgraphs),
        "tensor_dtypes": dict(dtypes),
        "sizes": {"file": model.file_bytes, "weights": model.weights_bytes},
        "external_buffers": model.external_buffers,
        "description": model.description,
        "metadata": list(model.metadata),
        "min_runtime_version": model.min_runtime_version,
        "schema_version": model.schema_version,
    }


def read_users_model(path: Path, data: bytes, field: str | None) -> Model:
    """The model in `data`, the content of `path`.

    Raises UserError, blaming `field`, where it is damaged. Without a `field` the file is not the
    user's but a step's result, and CorruptModel tells of a crash.
    """
    try:
        return parse_model(data)
    except CorruptModel as error:
        if field is None:
            raise
        raise UserError(
            f"`{path.name}` is not an intact TensorFlow Lite model: {error}",
            field=field,
            value=path.name,
            fix="Get the file again and compare its size and sha256, or convert anew.",
        ) from error


def main(request: dict[str, Any]) -> None:
    path = Path(request["model"])
    data = path.read_bytes()
    model = read_users_model(path, data, request.get("field"))
    description = {**describe_model(model), "sha256": hashlib.sha256(data).hexdigest()}
    write_json(OUTPUT_DIR / "inspection.json", description)


if __name__ == "__main__":
    run(main)
