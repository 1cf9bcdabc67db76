# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `predict` prints: the model's inputs and outputs, and its prediction for a sample."""

from __future__ import annotations

import json
import math
from typing import Any, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.prediction.tensor_values import shape_text
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Signature, Tensor
from pants_tflite.sandbox.tflite.quantized_values import dequantize

_MOST_ELEMENTS = 64
_LONGEST_EXAMPLE = 16


def details_text(model: Model, signature: Signature) -> str:
    """Lines on the model and on the inputs and outputs of one of its signatures."""
    others = [other.name for other in model.callables if other != signature]
    ops = sum(len(graph.ops) for graph in model.subgraphs)
    lines = [
        f"model: {model.file_bytes:,} bytes, {ops} op{'s' * (ops != 1)}",
        f"signature: {signature.name}" + (f" (also: {', '.join(others)})" if others else ""),
    ]
    for kind, tensors in (("input", signature.inputs), ("output", signature.outputs)):
        lines += [_tensor_line(kind, name, tensor) for name, tensor in tensors]
    return "\n".join(lines)


def _tensor_line(kind: str, name: str, tensor: Tensor) -> str:
    line = f"{kind + ':':<8}{name}  {tensor.dtype} {shape_text(tensor.shape_signature)}"
    quantization = tensor.quantization
    if quantization is None:
        return line
    if len(quantization.scales) > 1:
        return f"{line}  {len(quantization.scales)} scales, dimension {quantization.dimension}"
    return f"{line}  scale {quantization.scales[0]!r}, zero point {quantization.zero_points[0]}"


def usage_text(signature: Signature) -> str:
    """How to give the signature's inputs, with an example."""
    several = len(signature.inputs) > 1
    examples = []
    for name, tensor in signature.inputs:
        if tensor.elements <= _LONGEST_EXAMPLE:
            zero = 0.0 if "float" in tensor.dtype or tensor.quantization else 0
            value = json.dumps(np.full(tensor.shape, zero).tolist())
        else:
            value = "sample.npy"
        examples.append(f"--input '{name}={value}'" if several else f"--input '{value}'")
    return f"For a prediction add, for instance: {' '.join(examples)}"


def outputs_text(
    signature: Signature, stored: Mapping[str, np.ndarray], labels: Sequence[str], *, top: int
) -> str:
    """Lines with the outputs of a call: real values and, where quantized, what is stored.

    With `labels`, the `top` ones of as many elements are named.
    """
    lines = []
    for name, tensor in signature.outputs:
        real = dequantize(stored[name], tensor)
        lines.append(f"{name} = {array_text(real)}")
        if tensor.quantization is not None:
            lines.append(f"{' ' * len(name)}   stored as {array_text(stored[name])}")
        if labels and real.size == len(labels):
            lines += [f"  {score:.4g}  {label}" for label, score in best_labels(real, labels, top)]
    return "\n".join(lines)


def array_text(array: np.ndarray) -> str:
    """`array` on one line, each float in the fewest digits that tell it from its neighbours."""
    text = np.array2string(
        array,
        separator=", ",
        threshold=_MOST_ELEMENTS,
        max_line_width=1_000_000,
        formatter={"all": _element_text},
    )
    return " ".join(text.split())


def _element_text(value: object) -> str:
    return json.dumps(value.decode("utf-8", "replace")) if isinstance(value, bytes) else str(value)


def best_labels(scores: np.ndarray, labels: Sequence[str], top: int) -> list[tuple[str, float]]:
    """The `top` labels with their scores, the highest first; there are as many as `labels`."""
    values = scores.ravel().astype(np.float64)
    best = np.argsort(-values, kind="stable")[:top]
    return [(labels[index], values[index].item()) for index in best]


def json_values(value: Any) -> Any:
    """Nested lists of an array's elements as JSON has them: null for what is no finite number."""
    if isinstance(value, list):
        return [json_values(element) for element in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if isinstance(value, float) and not math.isfinite(value) else value
