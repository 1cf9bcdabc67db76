# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import flatbuffers
import numpy as np
import pytest

from pants_tflite.micro.npu.sandbox.plan_arena import plan_arena, schema
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.model_reader import parse_model


def compiled_model(offsets: list[int] | None) -> bytes:
    """A model as Vela writes it: one op, and `offsets` of input, weights, memory to work in and output."""
    model = schema.ModelT()
    model.version = 3
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.deprecatedBuiltinCode, code.customCode, code.version = 32, "ethos-u", 1
    model.operatorCodes = [code]
    model.buffers = [schema.BufferT(), schema.BufferT()]
    model.buffers[1].data = np.zeros(512, np.uint8)
    graph = schema.SubGraphT()
    graph.tensors = []
    for name, size, buffer in (("x", 64, 0), ("weights", 512, 1), ("work", 1280, 0), ("y", 10, 0)):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.buffer = name, [size], buffer
        tensor.type = schema.TensorType.INT8
        graph.tensors.append(tensor)
    op = schema.OperatorT()
    op.inputs, op.outputs = [1, 2, 0], [3]
    graph.operators, graph.inputs, graph.outputs, graph.name = [op], [0], [3], "main"
    model.subgraphs, model.description = [graph], "Vela Optimised"
    if offsets is not None:
        entry, words = schema.MetadataT(), schema.BufferT()
        words.data = np.frombuffer(np.array([0, 1, 4, *offsets], "<i4").tobytes(), np.uint8)
        model.buffers.append(words)
        entry.name, entry.buffer = "OfflineMemoryAllocation", 2
        model.metadata = [entry]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_tensors_take_what_vela_planned_for_them() -> None:
    data = compiled_model([1280, -1, 0, 1344])
    planned = plan_arena(parse_model(data), data)
    # The end of the output, which is the last; weights stay in the model.
    assert planned.tensors == 1344 + 10
    assert (planned.largest_tensor.name, planned.largest_tensor.bytes) == ("work", 1280)
    # The tables of one op and four tensors.
    assert planned.runtime == 2048 + 4 * 128 + 256


def test_a_tensor_that_vela_left_to_the_runtime_comes_on_top() -> None:
    data = compiled_model([-1, -1, 0, 1280])
    assert plan_arena(parse_model(data), data).tensors == 1280 + 10 + 64


def test_a_model_without_a_plan_is_refused() -> None:
    data = compiled_model(None)
    with pytest.raises(Mistake, match="does not say where its tensors are"):
        plan_arena(parse_model(data), data)
