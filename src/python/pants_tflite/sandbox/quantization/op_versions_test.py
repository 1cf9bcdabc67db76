# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

from typing import Sequence

import pytest
from ai_edge_litert import schema_py_generated as schema

from pants_tflite.sandbox.quantization.op_versions import raise_versions


def tensor(dtype: str, shape: Sequence[int] = (4, 4), scales: int = 0) -> schema.TensorT:
    quantization = schema.QuantizationParametersT(scale=[0.5] * scales) if scales else None
    kind = getattr(schema.TensorType, dtype)
    return schema.TensorT(shape=list(shape), type=kind, quantization=quantization)


def raised_version(
    op: str, inputs: Sequence[schema.TensorT], output: schema.TensorT, version: int = 1
) -> int:
    code = schema.OperatorCodeT(
        builtinCode=getattr(schema.BuiltinOperator, op),
        customCode="Mine" if op == "CUSTOM" else None,
        version=version,
    )
    operator = schema.OperatorT(inputs=[-1, *range(len(inputs))], outputs=[len(inputs)])
    if op in ("ADD", "SUB"):
        operator.builtinOptions = schema.AddOptionsT()
    graph = schema.SubGraphT(tensors=[*inputs, output], operators=[operator])
    raise_versions(schema.ModelT(subgraphs=[graph], operatorCodes=[code]))
    return code.version


@pytest.mark.parametrize(
    "op, dtype, expected",
    [
        ("SOFTMAX", "FLOAT32", 1),
        ("SOFTMAX", "INT8", 2),
        ("SOFTMAX", "INT16", 3),
        ("RESHAPE", "INT8", 1),
        ("ADD", "INT8", 2),
        ("ADD", "INT16", 3),
        ("SUB", "INT16", 5),
        ("TRANSPOSE", "INT16", 5),
        ("CONCATENATION", "INT4", 5),
        ("BROADCAST_TO", "INT8", 3),
        ("CUSTOM", "INT8", 1),
    ],
)
def test_by_the_type_of_the_input(op: str, dtype: str, expected: int) -> None:
    assert raised_version(op, [tensor(dtype), tensor(dtype)], tensor(dtype)) == expected


@pytest.mark.parametrize(
    "op, types, scales, expected",
    [
        ("FULLY_CONNECTED", ("INT8", "INT8", "INT8"), 1, 4),
        ("FULLY_CONNECTED", ("INT8", "INT8", "INT8"), 4, 4),
        ("FULLY_CONNECTED", ("INT16", "INT8", "INT16"), 4, 11),
        ("FULLY_CONNECTED", ("FLOAT32", "INT8", "FLOAT32"), 1, 3),
        ("FULLY_CONNECTED", ("FLOAT32", "INT8", "FLOAT32"), 4, 12),
        ("FULLY_CONNECTED", ("FLOAT32", "INT2", "FLOAT32"), 4, 14),
        ("FULLY_CONNECTED", ("FLOAT32", "FLOAT32", "FLOAT32"), 0, 1),
        ("CONV_2D", ("FLOAT32", "INT8", "FLOAT32"), 4, 5),
        ("CONV_2D", ("INT8", "INT4", "INT8"), 4, 7),
        ("DEPTHWISE_CONV_2D", ("FLOAT32", "INT8", "FLOAT32"), 1, 4),
        ("EMBEDDING_LOOKUP", ("INT32", "INT8", "FLOAT32"), 4, 4),
        ("EMBEDDING_LOOKUP", ("INT32", "INT8", "FLOAT32"), 1, 1),
    ],
)
def test_by_the_type_of_the_weights(
    op: str, types: tuple[str, str, str], scales: int, expected: int
) -> None:
    shape = (4, 4, 4, 4) if "CONV" in op else (4, 4)
    inputs = [tensor(types[0]), tensor(types[1], shape, scales)]
    assert raised_version(op, inputs, tensor(types[2])) == expected


@pytest.mark.parametrize(
    "op, types, scales, expected",
    [
        ("DEQUANTIZE", ("INT8", "FLOAT32"), 1, 2),
        ("DEQUANTIZE", ("INT8", "FLOAT32"), 4, 5),
        ("DEQUANTIZE", ("FLOAT16", "FLOAT32"), 0, 3),
        ("DEQUANTIZE", ("INT4", "FLOAT32"), 4, 6),
        ("QUANTIZE", ("FLOAT32", "INT8"), 1, 1),
        ("QUANTIZE", ("FLOAT32", "INT16"), 1, 2),
        ("QUANTIZE", ("INT8", "INT4"), 1, 4),
    ],
)
def test_conversions(op: str, types: tuple[str, str], scales: int, expected: int) -> None:
    inputs = [tensor(types[0], scales=scales)]
    assert raised_version(op, inputs, tensor(types[1], scales=min(scales, 1))) == expected


def test_a_multiplication_that_scales_up() -> None:
    halves = tensor("INT8", scales=1)
    ones = schema.TensorT(
        shape=[4, 4],
        type=schema.TensorType.INT8,
        quantization=schema.QuantizationParametersT(scale=[0.2]),
    )
    assert raised_version("MUL", [halves, halves], ones) == 3
    assert raised_version("MUL", [halves, ones], halves) == 2


def test_a_version_is_never_lowered() -> None:
    assert raised_version("SOFTMAX", [tensor("INT8")], tensor("INT8"), version=7) == 7


def test_an_int16_addition_says_that_its_scales_are_general() -> None:
    code = schema.OperatorCodeT(builtinCode=schema.BuiltinOperator.ADD)
    options = schema.AddOptionsT()
    assert options.potScaleInt16
    operator = schema.OperatorT(inputs=[0, 1], outputs=[2], builtinOptions=options)
    graph = schema.SubGraphT(tensors=[tensor("INT16", scales=1)] * 3, operators=[operator])
    raise_versions(schema.ModelT(subgraphs=[graph], operatorCodes=[code]))
    assert not options.potScaleInt16


def test_an_op_without_outputs() -> None:
    """A recurrent layer keeps its state in a variable, and nothing comes out of the assignment."""
    assign = schema.OperatorCodeT(builtinCode=schema.BuiltinOperator.ASSIGN_VARIABLE, version=1)
    operator = schema.OperatorT(inputs=[0, 1], outputs=[])
    graph = schema.SubGraphT(tensors=[tensor("RESOURCE"), tensor("FLOAT32")], operators=[operator])
    raise_versions(schema.ModelT(subgraphs=[graph], operatorCodes=[assign]))
    assert assign.version == 1
