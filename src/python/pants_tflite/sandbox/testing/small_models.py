# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Small `.tflite` models for tests, written with the flatbuffer schema in a millisecond each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_OP_OPTIONS = {
    "ARG_MAX": ("ArgMaxOptions", {"outputType": schema.TensorType.INT64}),
    "CAST": ("CastOptions", {}),
    "DEQUANTIZE": ("DequantizeOptions", {}),
    "FULLY_CONNECTED": ("FullyConnectedOptions", {}),
    "QUANTIZE": ("QuantizeOptions", {}),
    "SOFTMAX": ("SoftmaxOptions", {"beta": 1.0}),
    "SVDF": ("SVDFOptions", {"rank": 1}),
    "TRANSPOSE_CONV": ("TransposeConvOptions", {"strideW": 2, "strideH": 2}),
}


@dataclass(frozen=True)
class TensorSpec:
    """A tensor; an unknown dimension is None in `shape`. A `value` makes it a constant; a `variable`
    keeps its value from call to call."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str = "float32"
    value: Any = None
    scale: float | None = None
    zero_point: int = 0
    variable: bool = False

    @property
    def sizes(self) -> list[int]:
        return [1 if size is None else size for size in self.shape]


@dataclass(frozen=True)
class OpSpec:
    """An op by its builtin's name, or by its custom code if `custom`; tensors by name."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    version: int = 1
    custom: bool = False


@dataclass(frozen=True)
class SignatureSpec:
    """Tensor names by argument names."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


def build_model(
    tensors: Sequence[TensorSpec],
    ops: Sequence[OpSpec],
    signatures: Mapping[str, SignatureSpec] | None = None,
    *,
    inputs: Sequence[str] = ("x",),
    outputs: Sequence[str] = ("y",),
) -> bytes:
    """The bytes of a `.tflite` file with one graph."""
    names = [tensor.name for tensor in tensors]
    codes = sorted({(op.name, op.version, op.custom) for op in ops})
    graph = schema.SubGraphT(
        tensors=[_tensor(tensor, index + 1) for index, tensor in enumerate(tensors)],
        inputs=[names.index(name) for name in inputs],
        outputs=[names.index(name) for name in outputs],
        operators=[_op(op, codes, names) for op in ops],
        name="main",
    )
    model = schema.ModelT(
        version=3,
        description="made for a test",
        operatorCodes=[_op_code(*code) for code in codes],
        subgraphs=[graph],
        buffers=[schema.BufferT(), *(schema.BufferT(_content(tensor)) for tensor in tensors)],
        signatureDefs=[_signature(key, spec, names) for key, spec in (signatures or {}).items()],
    )
    return pack(model)


def pack(model: schema.ModelT) -> bytes:
    """A model in the schema's object form as the bytes of a file."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def unpack(data: bytes) -> schema.ModelT:
    """The bytes of a file as a model that can be changed."""
    return schema.ModelT.InitFromPackedBuf(bytearray(data), 0)


def _content(tensor: TensorSpec) -> np.ndarray | None:
    if tensor.value is None:
        return None
    value = np.broadcast_to(np.asarray(tensor.value, tensor.dtype), tensor.sizes)
    return np.frombuffer(value.tobytes(), np.uint8)


def _tensor(tensor: TensorSpec, buffer: int) -> schema.TensorT:
    quantization = schema.QuantizationParametersT()
    if tensor.scale is not None:
        quantization.scale, quantization.zeroPoint = [tensor.scale], [tensor.zero_point]
    return schema.TensorT(
        name=tensor.name,
        shape=tensor.sizes,
        shapeSignature=[-1 if size is None else size for size in tensor.shape],
        type=getattr(schema.TensorType, tensor.dtype.upper()),
        buffer=buffer,
        quantization=quantization,
        isVariable=tensor.variable,
    )


def _op_code(name: str, version: int, custom: bool) -> schema.OperatorCodeT:
    builtin = schema.BuiltinOperator.CUSTOM if custom else getattr(schema.BuiltinOperator, name)
    return schema.OperatorCodeT(
        builtinCode=builtin,
        deprecatedBuiltinCode=min(builtin, 127),
        customCode=name if custom else None,
        version=version,
    )


def _op(op: OpSpec, codes: list[tuple[str, int, bool]], names: list[str]) -> schema.OperatorT:
    operator = schema.OperatorT(
        opcodeIndex=codes.index((op.name, op.version, op.custom)),
        inputs=[names.index(name) if name else -1 for name in op.inputs],
        outputs=[names.index(name) for name in op.outputs],
    )
    kind, fields = _OP_OPTIONS.get(op.name, (None, {}))
    if kind and not op.custom:
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
        operator.builtinOptions = getattr(schema, f"{kind}T")()
        for field, value in fields.items():
            setattr(operator.builtinOptions, field, value)
    return operator


def _signature(key: str, spec: SignatureSpec, names: list[str]) -> schema.SignatureDefT:
    def maps(arguments: Mapping[str, str]) -> list[schema.TensorMapT]:
        return [schema.TensorMapT(name, names.index(tensor)) for name, tensor in arguments.items()]

    return schema.SignatureDefT(maps(spec.inputs), maps(spec.outputs), key, 0)


# -----------------------------------------------------------------------------------------------
# Models
# -----------------------------------------------------------------------------------------------

SERVING = {"serving_default": SignatureSpec({"x": "x"}, {"y": "y"})}


def linear_model(
    *, slope: float = 2.0, offset: float = -1.0, features: int = 1, signature: bool = True
) -> bytes:
    """y = slope * sum(x) + offset in float32; x has shape (batch, features), y (batch, 1)."""
    return build_model(
        [
            TensorSpec("x", (None, features)),
            TensorSpec("weights", (1, features), value=slope),
            TensorSpec("bias", (1,), value=offset),
            TensorSpec("y", (None, 1)),
        ],
        [OpSpec("FULLY_CONNECTED", ("x", "weights", "bias"), ("y",))],
        SERVING if signature else None,
    )


def quantized_linear_model(
    *, io_type: str = "float32", activation_type: str = "int8", slope: float = 2.0
) -> bytes:
    """y = slope * x - 1 for x in [-10, 10], its weights in int8 and its activations as asked.

    With the `io_type` float32 the model quantizes its input and dequantizes its output.
    """
    steps = 254.0 if activation_type == "int8" else 65534.0
    x_scale, y_scale, weight_scale = 20.0 / steps, 42.0 / steps, abs(slope) / 127.0
    tensors = [
        TensorSpec("x_quantized", (None, 1), activation_type, scale=x_scale),
        TensorSpec("weights", (1, 1), "int8", value=np.sign(slope) * 127, scale=weight_scale),
        TensorSpec(
            "bias",
            (1,),
            "int32" if activation_type == "int8" else "int64",
            value=round(-1.0 / (x_scale * weight_scale)),
            scale=x_scale * weight_scale,
        ),
        TensorSpec("y_quantized", (None, 1), activation_type, scale=y_scale),
    ]
    ops = [
        OpSpec("FULLY_CONNECTED", ("x_quantized", "weights", "bias"), ("y_quantized",), version=4)
    ]
    x, y = "x_quantized", "y_quantized"
    if io_type == "float32":
        x, y = "x", "y"
        tensors += [TensorSpec("x", (None, 1)), TensorSpec("y", (None, 1))]
        ops.insert(0, OpSpec("QUANTIZE", ("x",), ("x_quantized",)))
        ops.append(OpSpec("DEQUANTIZE", ("y_quantized",), ("y",), version=2))
    signatures = {"serving_default": SignatureSpec({"x": x}, {"y": y})}
    return build_model(tensors, ops, signatures, inputs=[x], outputs=[y])


def softmax_model(classes: int = 3) -> bytes:
    """Scores of shape (batch, classes)."""
    return build_model(
        [TensorSpec("x", (None, classes)), TensorSpec("y", (None, classes))],
        [OpSpec("SOFTMAX", ("x",), ("y",))],
        SERVING,
    )


def cast_model(dtype: str, *shape: int | None, scale: float | None = None) -> bytes:
    """Yields its input as float32, which shows what the input received."""
    op = OpSpec("CAST" if scale is None else "DEQUANTIZE", ("x",), ("y",), version=2)
    return build_model(
        [TensorSpec("x", shape, dtype, scale=scale), TensorSpec("y", shape)], [op], SERVING
    )


def two_inputs_model() -> bytes:
    """A dot product: x has shape (1, 2), w (1, 2)."""
    return build_model(
        [TensorSpec("x", (1, 2)), TensorSpec("w", (1, 2)), TensorSpec("y", (1, 1))],
        [OpSpec("FULLY_CONNECTED", ("x", "w", ""), ("y",))],
        {"dot": SignatureSpec({"x": "x", "w": "w"}, {"y": "y"})},
        inputs=["x", "w"],
    )


def stateful_model() -> bytes:
    """y = x + the x of the call before, which is zero at first."""
    return build_model(
        [
            TensorSpec("x", (1, 1)),
            TensorSpec("feature", (1, 1), value=1.0),
            TensorSpec("time", (1, 2), value=1.0),
            TensorSpec("bias", (1,), value=0.0),
            TensorSpec("state", (1, 2), variable=True),
            TensorSpec("y", (1, 1)),
        ],
        [OpSpec("SVDF", ("x", "feature", "time", "bias", "state"), ("y",))],
        SERVING,
    )


def shaped_model() -> bytes:
    """Scales a picture x up to the `shape` that is its other input."""
    return build_model(
        [
            TensorSpec("shape", (4,), "int32"),
            TensorSpec("weights", (1, 2, 2, 1), value=1.0),
            TensorSpec("x", (1, 2, 2, 1)),
            TensorSpec("y", (1, 4, 4, 1)),
        ],
        [OpSpec("TRANSPOSE_CONV", ("shape", "weights", "x"), ("y",))],
        inputs=["shape", "x"],
    )


def aborting_model() -> bytes:
    """An intact model that kills its interpreter's process: softmax aborts on so small a scale."""
    return build_model(
        [
            TensorSpec("x", (1, 2), "int8", scale=1e-9),
            TensorSpec("y", (1, 2), "int8", scale=1.0 / 256, zero_point=-128),
        ],
        [OpSpec("SOFTMAX", ("x",), ("y",), version=2)],
        SERVING,
    )


def refused_model() -> bytes:
    """An intact model that no interpreter takes: its weights are not a matrix."""
    return build_model(
        [
            TensorSpec("x", (1, 2)),
            TensorSpec("weights", (2,), value=1.0),
            TensorSpec("y", (1, 1)),
        ],
        [OpSpec("FULLY_CONNECTED", ("x", "weights", ""), ("y",))],
        SERVING,
    )


def custom_op_model(name: str = "Twice") -> bytes:
    """A model with one custom op, for which no kernel exists."""
    return build_model(
        [TensorSpec("x", (1, 4)), TensorSpec("y", (1, 4))],
        [OpSpec(name, ("x",), ("y",), custom=True)],
        SERVING,
    )
