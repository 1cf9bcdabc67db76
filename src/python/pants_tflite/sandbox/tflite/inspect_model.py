# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Describes a `.tflite` file, without an interpreter; refuses a damaged one."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Iterable

from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.checked_flatbuffer import CorruptModel
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Quantization, Tensor
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


def _describe_quantization(quantization: Quantization) -> TensorQuantization:
    per_axis = len(quantization.scales) > 1
    return TensorQuantization(
        scales=quantization.scales,
        zero_points=quantization.zero_points,
        quantized_dimension=quantization.dimension if per_axis else None,
    )


def _describe_tensor(tensor: Tensor) -> ModelTensor:
    quantization = tensor.quantization
    return ModelTensor(
        name=tensor.name,
        shape=tensor.shape,
        shape_signature=tensor.shape_signature,
        dtype=tensor.dtype,
        quantization=None if quantization is None else _describe_quantization(quantization),
    )


def _describe_named(tensors: Iterable[tuple[str, Tensor]]) -> dict[str, ModelTensor]:
    return {name: _describe_tensor(tensor) for name, tensor in tensors}


def _describe_ops(model: Model) -> tuple[ModelOp, ...]:
    counts = Counter(op.code for graph in model.subgraphs for op in graph.ops)
    # A runtime looks up a kernel for every op code, used or not.
    codes = sorted(set(model.op_codes), key=lambda code: (code.name, code.version, code.custom))
    return tuple(
        ModelOp(name=code.name, version=code.version, count=counts[code], custom=code.custom)
        for code in codes
    )


def describe_model(model: Model, sha256: str) -> InspectionReport:
    """The report on a model whose file has this hash."""
    main = model.subgraphs[0]
    return InspectionReport(
        inputs=tuple(_describe_tensor(main.tensors[index]) for index in main.inputs),
        outputs=tuple(_describe_tensor(main.tensors[index]) for index in main.outputs),
        signatures={
            signature.name: ModelSignature(
                signature.subgraph,
                _describe_named(signature.inputs),
                _describe_named(signature.outputs),
            )
            for signature in model.signatures
        },
        ops=_describe_ops(model),
        custom_ops=model.custom_ops,
        subgraphs=len(model.subgraphs),
        tensor_dtypes=Counter(t.dtype for graph in model.subgraphs for t in graph.tensors),
        sizes=ModelSizes(file=model.file_bytes, weights=model.weights_bytes),
        external_buffers=model.external_buffers,
        sha256=sha256,
        description=model.description,
        metadata=model.metadata,
        min_runtime_version=model.min_runtime_version,
        schema_version=model.schema_version,
    )


def read_users_model(path: Path, data: bytes, field: str | None) -> Model:
    """The model in `data`, the content of `path`.

    Raises Mistake, blaming `field`, where it is damaged. Without a `field` the file is not the
    user's but a step's result, and CorruptModel tells of a crash.
    """
    try:
        return parse_model(data)
    except CorruptModel as error:
        if field is None:
            raise
        raise Mistake(
            f"`{path.name}` is not an intact TensorFlow Lite model: {error}",
            field=field,
            value=path.name,
            fix="Get the file again and compare its size and sha256, or convert again.",
        ) from error


def main(request: InspectionRequest) -> None:
    path = Path(request.model)
    data = path.read_bytes()
    model = read_users_model(path.with_name(request.name or path.name), data, request.field)
    write_report(describe_model(model, hashlib.sha256(data).hexdigest()))


if __name__ == "__main__":
    run(main, InspectionRequest)
