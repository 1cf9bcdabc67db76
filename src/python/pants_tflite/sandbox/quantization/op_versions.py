# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The op versions that quantized tensors need.

A kernel supports a type from some version of its op on. An older runtime refuses a newer version
with a clear message. A quantizer that changes types and leaves the versions as they were prevents
that message. The rules here are those of TensorFlow's converter, for what a quantizer changes:
versions that shapes and options need are in the float model already.
"""

from __future__ import annotations

import math
from typing import Any

from ai_edge_litert import schema_py_generated as schema

_OP_NAMES = {value: name for name, value in vars(schema.BuiltinOperator).items() if name[0] != "_"}
_TYPE_NAMES = {value: name for name, value in vars(schema.TensorType).items() if name[0] != "_"}

# op: the type of its first input: version.
_BY_INPUT = {
    **dict.fromkeys(
        (
            "AVERAGE_POOL_2D",
            "BATCH_MATMUL",
            "LOGISTIC",
            "MAX_POOL_2D",
            "MEAN",
            "MIRROR_PAD",
            "PACK",
            "PAD",
            "PADV2",
            "REDUCE_MAX",
            "REDUCE_MIN",
            "RELU",
            "RELU6",
            "RSQRT",
            "SOFTMAX",
            "TANH",
        ),
        {"INT8": 2, "INT16": 3},
    ),
    **dict.fromkeys(("ARG_MAX", "ARG_MIN", "GELU", "SELECT"), {"INT8": 2}),
    **dict.fromkeys(
        ("DEPTH_TO_SPACE", "SPACE_TO_DEPTH", "SPLIT_V", "SQUARED_DIFFERENCE", "SUM"), {"INT8": 2}
    ),
    "BROADCAST_TO": {"INT8": 3, "INT16": 3},
    "CONCATENATION": {"INT8": 2, "INT16": 3, "INT4": 5},
    "DYNAMIC_UPDATE_SLICE": {"INT16": 4, "INT4": 5},
    "EQUAL": {"INT8": 2, "INT16": 5},
    "GATHER": {"INT8": 2, "INT16": 4, "INT4": 7},
    "GATHER_ND": {"INT16": 3},
    "MAXIMUM": {"INT8": 2, "INT16": 4},
    "MINIMUM": {"INT8": 2, "INT16": 4},
    "MUL": {"INT8": 2, "INT16": 4},
    "NOT_EQUAL": {"INT8": 2, "INT16": 4},
    "RESIZE_BILINEAR": {"INT8": 2, "INT16": 4},
    "RESIZE_NEAREST_NEIGHBOR": {"INT8": 2, "INT16": 4},
    "SLICE": {"INT8": 2, "INT16": 4, "INT4": 7},
    "SQRT": {"INT8": 2, "INT16": 2},
    "STRIDED_SLICE": {"INT8": 2},
    "TRANSPOSE": {"INT8": 2, "INT16": 5, "INT4": 7},
    "UNPACK": {"INT8": 2, "UINT8": 2, "INT16": 4},
}
# op: the types of its first input and its weights: version, and version with per-channel scales.
_BY_WEIGHTS = {
    "CONV_2D": {
        ("INT8", "INT8"): (3, 3),
        ("INT8", "INT4"): (7, 7),
        ("INT16", "INT8"): (8, 8),
        ("FLOAT32", "INT8"): (2, 5),
    },
    "DEPTHWISE_CONV_2D": {
        ("INT8", "INT8"): (3, 3),
        ("INT8", "INT4"): (7, 7),
        ("FLOAT32", "INT8"): (4, 6),
    },
    "FULLY_CONNECTED": {
        ("INT8", "INT8"): (4, 4),
        ("INT8", "INT4"): (10, 10),
        ("INT16", "INT8"): (11, 11),
        ("INT16", "INT4"): (13, 13),
        ("FLOAT32", "INT8"): (3, 12),
        ("FLOAT32", "INT2"): (14, 14),
    },
}
_CHANNEL_DIMENSION = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}


def _scales(tensor: Any) -> int:
    quantization = tensor.quantization
    return 0 if quantization is None or quantization.scale is None else len(quantization.scale)


def _scale(tensor: Any) -> float:
    return float(tensor.quantization.scale[0]) if _scales(tensor) else math.nan


def _needed(name: str, inputs: list[Any], outputs: list[Any]) -> int:
    """The version that op `name` needs for the types of its input tensors and its outputs.

    Some have no output, such as ASSIGN_VARIABLE.
    """
    types = [_TYPE_NAMES[tensor.type] for tensor in inputs]
    if name in _BY_WEIGHTS:
        channels = inputs[1].shape[_CHANNEL_DIMENSION[name]]
        versions = _BY_WEIGHTS[name].get((types[0], types[1]), (1, 1))
        return versions[_scales(inputs[1]) == channels]
    if name == "DEQUANTIZE":
        per_channel = {"INT8": 5} if _scales(inputs[0]) > 1 else {}
        by_type = {"INT8": 2, "INT16": 3, "FLOAT16": 3, "INT4": 6, "INT2": 7, **per_channel}
        return by_type.get(types[0], 1)
    if name == "QUANTIZE":
        output = outputs[0]
        if "INT4" in (types[0], _TYPE_NAMES[output.type]):
            return 4
        return 3 if _scales(output) > 1 else 2 if _TYPE_NAMES[output.type] == "INT16" else 1
    if name == "EMBEDDING_LOOKUP":
        per_row = 4 if _scales(inputs[1]) > 1 else 1
        return {"INT2": 5, "INT4": 4}.get(types[1], per_row)
    if name == "SPLIT":
        return {"INT8": 2, "INT16": 4}.get(types[1], 1)
    if name == "TRANSPOSE_CONV":
        # Its first input is the output's shape; the weights come before the activations.
        return 2 if types[1] == "INT8" else 1
    if name in ("ADD", "SUB"):
        return {"INT8": 2, "INT16": 3 if name == "ADD" else 5}.get(types[0], 1)
    version = _BY_INPUT.get(name, {}).get(types[0], 1) if types else 1
    if name == "MUL" and types[0] == "INT8":
        rescale = _scale(inputs[0]) * _scale(inputs[1]) / _scale(outputs[0])
        return 3 if rescale >= 1.0 else version
    return version


def raise_versions(model: Any) -> None:
    """Raises the versions in `model`, a `ModelT`, to what its tensors' types need; lowers none.

    An int16 ADD or SUB also gets the option that says that its scales need not be powers of two.
    """
    for subgraph in model.subgraphs:
        for operator in subgraph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            name = _OP_NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]
            inputs = [subgraph.tensors[index] for index in operator.inputs if index >= 0]
            if name in ("ADD", "SUB") and inputs[0].type == schema.TensorType.INT16:
                operator.builtinOptions.potScaleInt16 = False
            if name != "CUSTOM" and inputs:
                outputs = [subgraph.tensors[index] for index in operator.outputs]
                code.version = max(code.version, _needed(name, inputs, outputs))
