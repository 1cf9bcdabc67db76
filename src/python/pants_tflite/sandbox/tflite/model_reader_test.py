# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import random
from dataclasses import replace

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from pants_tflite.sandbox.testing.small_models import (
    OpSpec,
    TensorSpec,
    build_model,
    custom_op_model,
    linear_model,
    pack,
    quantized_linear_model,
    unpack,
)
from pants_tflite.sandbox.tflite.checked_flatbuffer import CorruptModel
from pants_tflite.sandbox.tflite.flatbuffer_model import OpCode, Quantization
from pants_tflite.sandbox.tflite.model_reader import parse_model


def test_reads_tensors_ops_and_signatures() -> None:
    model = parse_model(linear_model())
    (signature,) = model.signatures
    (graph,) = model.subgraphs
    assert signature.name == "serving_default"
    ((name, tensor),) = signature.inputs
    assert (name, tensor.name, tensor.dtype) == ("x", "x", "float32")
    assert tensor.shape == (1, 1)
    assert tensor.shape_signature == (None, 1)
    assert not tensor.constant
    assert graph.tensors[1].constant
    assert graph.ops[0].code == OpCode("FULLY_CONNECTED", 1, False)
    assert (graph.ops[0].inputs, graph.ops[0].outputs) == ((0, 1, 2), (3,))
    assert model.weights_bytes == 8
    assert not model.external_buffers


def test_scales_are_the_shortest_decimals_of_their_floats() -> None:
    model = parse_model(quantized_linear_model(io_type="int8"))
    ((_, tensor),) = model.signatures[0].inputs
    assert tensor.quantization == Quantization((0.07874016,), (0,), 0)


def test_custom_code() -> None:
    model = parse_model(custom_op_model("Twice"))
    assert model.op_codes == (OpCode("Twice", 1, True),)
    assert model.custom_ops == ("Twice",)


def test_model_without_signature_is_called_by_its_tensors_names() -> None:
    data = linear_model(signature=False)
    (main,) = parse_model(data).callables
    assert main.name == "main"
    assert [name for name, _ in main.inputs + main.outputs] == ["x", "y"]

    nameless = unpack(data)
    nameless.subgraphs[0].tensors[0].name = None
    (main,) = parse_model(pack(nameless)).callables
    assert [name for name, _ in main.inputs + main.outputs] == ["input_0", "y"]


def test_weights_behind_the_flatbuffer() -> None:
    model = unpack(linear_model())
    size = len(pack(model)) + 64
    model.buffers[2].data = None
    model.buffers[2].offset, model.buffers[2].size = size - 4, 4
    data = pack(model)
    parsed = parse_model(data + bytes(size - len(data)))
    assert parsed.external_buffers
    assert parsed.weights_bytes == 8
    with pytest.raises(CorruptModel, match="ends behind the end of the file"):
        parse_model(data)


def test_every_truncation_is_noticed() -> None:
    data = quantized_linear_model()
    intact = parse_model(data)
    for length in range(len(data)):
        try:
            parsed = parse_model(data[:length])
        except CorruptModel:
            continue
        # Cutting unreferenced bytes, such as padding, does not change the model.
        assert parsed.subgraphs == intact.subgraphs
        assert length > len(data) - 4


def test_damage_never_raises_anything_else() -> None:
    generator = random.Random(0)
    intact = linear_model()
    refused = 0
    for _ in range(3000):
        data = bytearray(intact)
        for _ in range(generator.randint(1, 8)):
            data[generator.randrange(8, len(data))] = generator.choice((0, 1, 0x7F, 0x80, 0xFF))
        try:
            parse_model(bytes(data))
        except CorruptModel:
            refused += 1
    assert refused > 1000


def test_name_without_an_end() -> None:
    data = linear_model().replace(b"made for a test\0", b"made for a test!")
    with pytest.raises(CorruptModel, match="a name in it does not end where it should"):
        parse_model(data)


def test_one_graph_referred_to_many_times_is_not_read_as_often() -> None:
    builder = flatbuffers.Builder(1024)
    tensors = [schema.TensorT(shape=[1], buffer=0) for _ in range(200)]
    graph = schema.SubGraphT(tensors=tensors).Pack(builder)
    schema.ModelStartSubgraphsVector(builder, 1000)
    for _ in range(1000):
        builder.PrependUOffsetTRelative(graph)
    graphs = builder.EndVector()
    buffer = schema.BufferT().Pack(builder)
    schema.ModelStartBuffersVector(builder, 1)
    builder.PrependUOffsetTRelative(buffer)
    buffers = builder.EndVector()
    schema.ModelStart(builder)
    schema.ModelAddSubgraphs(builder, graphs)
    schema.ModelAddBuffers(builder, buffers)
    builder.Finish(schema.ModelEnd(builder), b"TFL3")
    with pytest.raises(CorruptModel, match="more elements than it has bytes"):
        parse_model(bytes(builder.Output()))


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "only 0 bytes"),
        (b"version https://git-lfs.example/spec/v1\noid sha256:00\n", "Git LFS pointer"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"PK\x03\x04" + bytes(60), "zip archive"),
        (bytes(range(64)), "identifier is b'\\x04\\x05\\x06\\x07'"),
        (b"\xff\xff\xff\x7fTFL3" + bytes(56), "root lies at 2147483647"),
    ],
)
def test_other_files(data: bytes, message: str) -> None:
    with pytest.raises(CorruptModel) as raised:
        parse_model(data)
    assert message in str(raised.value)


def _damaged(**changes: object) -> bytes:
    model = unpack(linear_model())
    graph = model.subgraphs[0]
    for name, value in changes.items():
        owner = {
            "buffer": graph.tensors[1],
            "type": graph.tensors[1],
            "opcodeIndex": graph.operators[0],
            "inputs": graph.operators[0],
            "outputs": graph,
            "subgraphIndex": model.signatureDefs[0],
            "builtinCode": model.operatorCodes[0],
            "scale": graph.tensors[0].quantization,
            "shape": graph.tensors[0],
            "subgraphs": model,
        }[name]
        setattr(owner, name, value)
    return pack(model)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"buffer": 77}, "refers to buffer 77, but has 5"),
        ({"type": 99}, "unknown type 99"),
        ({"opcodeIndex": 9}, "refers to op code 9, but has 1"),
        ({"inputs": [0, 1, 40]}, "refers to tensor 40, but has 4"),
        ({"outputs": [-1]}, "refers to tensor -1, but has 4"),
        ({"subgraphIndex": 3}, "refers to subgraph 3, but has 1"),
        ({"builtinCode": 5000}, "unknown op code 5000"),
        ({"scale": [float("nan")]}, "a scale that is not a finite number"),
        ({"shape": [-3, 1]}, "has the shape (-3, 1)"),
        ({"subgraphs": []}, "holds no graph"),
    ],
)
def test_references_to_nothing(changes: dict[str, object], message: str) -> None:
    with pytest.raises(CorruptModel) as raised:
        parse_model(_damaged(**changes))
    assert message in str(raised.value)


def _renamed(**changes: object) -> bytes:
    model = unpack(linear_model())
    (signature,) = model.signatureDefs
    owners = {
        "signatureKey": signature,
        "input": signature.inputs[0],
        "output": signature.outputs[0],
        "tensor": model.subgraphs[0].tensors[1],
    }
    for name, value in changes.items():
        setattr(owners[name], "signatureKey" if name == "signatureKey" else "name", value)
    return pack(model)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"signatureKey": ""}, "a signature in it has an empty name"),
        ({"signatureKey": b"\xff"}, r"the name b'\xff' in it is not in UTF-8"),
        ({"signatureKey": "a\0b"}, r"the name 'a\x00b' of a signature in it has a null character"),
        ({"input": ""}, "an input in it has an empty name"),
        ({"output": "y\0\0"}, r"the name 'y\x00\x00' of an output in it has a null character"),
        ({"tensor": b"w\xff"}, r"the name b'w\xff' in it is not in UTF-8"),
    ],
)
def test_names_that_nothing_can_be_called_by(changes: dict[str, object], message: str) -> None:
    with pytest.raises(CorruptModel) as raised:
        parse_model(_renamed(**changes))
    assert str(raised.value) == message


def test_names_that_are_only_unusual() -> None:
    assert parse_model(_renamed(signatureKey='../"ä\n', input="класс", tensor="\0")).signatures


@pytest.mark.parametrize(
    ("dtype", "quantized"),
    [("float32", False), ("float16", False), ("bool", False), ("int8", True), ("uint8", True)],
)
def test_only_integers_are_quantized(dtype: str, quantized: bool) -> None:
    x = TensorSpec("x", (1,), dtype, scale=0.5, zero_point=-128)
    data = build_model([x, replace(x, name="y")], [OpSpec("ABS", ("x",), ("y",))])
    assert (parse_model(data).subgraphs[0].tensors[0].quantization is not None) == quantized


def test_scales_along_a_dimension_that_an_output_lacks() -> None:
    model = unpack(linear_model())
    output = model.subgraphs[0].tensors[3]
    output.type = schema.TensorType.INT8
    output.quantization.scale, output.quantization.zeroPoint = [1.0, 2.0], [0, 0]
    with pytest.raises(CorruptModel, match="has 2 scales for its dimension 0"):
        parse_model(pack(model))


def test_absent_optional_inputs_are_left_out() -> None:
    model = parse_model(_damaged(inputs=[0, 1, -1]))
    assert model.subgraphs[0].ops[0].inputs == (0, 1)


def test_minimum_runtime_version() -> None:
    model = unpack(linear_model())
    model.buffers.append(schema.BufferT(np.frombuffer(b"1.14.0\0\0\0\0", np.uint8)))
    model.metadata = [schema.MetadataT("min_runtime_version", len(model.buffers) - 1)]
    parsed = parse_model(pack(model))
    assert parsed.min_runtime_version == "1.14.0"
    assert parsed.metadata == ("min_runtime_version",)
