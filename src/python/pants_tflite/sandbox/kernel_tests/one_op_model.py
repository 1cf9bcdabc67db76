# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A model of one custom op, for a case of a kernel's test."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers

from pants_tflite.sandbox.kernel_tests.kernel_case import Case, CaseTensor
from pants_tflite.sandbox.tflite.packing import pack


def one_op_model(op: str, case: Case) -> bytes:
    """A `.tflite` file whose only op is the custom op called `op`, with the tensors and options of
    `case`; its tensors are `input_0`, …, `output_0`, …"""
    named = [(f"input_{index}", tensor) for index, tensor in enumerate(case.inputs)]
    named += [(f"output_{index}", tensor) for index, tensor in enumerate(case.outputs)]
    inputs = list(range(len(case.inputs)))
    outputs = list(range(len(case.inputs), len(named)))
    operator = schema.OperatorT(opcodeIndex=0, inputs=inputs, outputs=outputs)
    if case.options:
        operator.customOptions = np.frombuffer(flexbuffers.Dumps(dict(case.options)), np.uint8)
    builtin = schema.BuiltinOperator.CUSTOM
    model = schema.ModelT(
        version=3,
        description=f"One {op}",
        operatorCodes=[
            schema.OperatorCodeT(
                builtinCode=builtin, deprecatedBuiltinCode=builtin, customCode=op, version=1
            )
        ],
        subgraphs=[
            schema.SubGraphT(
                tensors=[_tensor(name, tensor) for name, tensor in named],
                inputs=inputs,
                outputs=outputs,
                operators=[operator],
                name="main",
            )
        ],
        buffers=[schema.BufferT()],
    )
    return pack(model)


def _tensor(name: str, tensor: CaseTensor) -> schema.TensorT:
    quantization = schema.QuantizationParametersT()
    if tensor.scale is not None:
        quantization.scale, quantization.zeroPoint = [tensor.scale], [tensor.zero_point]
    return schema.TensorT(
        name=name,
        shape=list(tensor.array.shape),
        type=getattr(schema.TensorType, tensor.array.dtype.name.upper()),
        buffer=0,
        quantization=quantization,
    )
