# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether a model's tensors have the types that were asked for, read from its file alone.

A converter that finds no calibration samples, or an op without an integer kernel, yields a float
model without complaint.
"""

from __future__ import annotations

from typing import Collection, Iterator, Mapping

from pants_tflite.sandbox.harness import UserError
from pants_tflite.sandbox.modes import HYBRID_MODE_NAMES, Mode
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Op, Signature, Subgraph, Tensor

_FLOATS = ("bfloat16", "float16", "float32", "float64")
# Their first input is the activation, the second the weights.
_MATRIX_OPS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
# They carry values over the border between real numbers and integers, or read no values.
_BORDER_OPS = ("CAST", "DEQUANTIZE", "QUANTIZE", "SHAPE")
# TensorFlow's converter leaves smaller constants as they are.
_LEAST_QUANTIZED_ELEMENTS = 1024


def check_io_types(
    signature: Signature,
    input_type: str | None,
    output_type: str | None,
    real: Mapping[str, bool],
) -> None:
    """Raises UserError where a real-valued input or output is not of the type asked for, if any.

    `real` says which inputs and outputs are real numbers in the SavedModel, by name. What it leaves
    out is taken to be so where it is a float or quantized.
    """
    for field, kind, asked, tensors in (
        ("input_type", "input", input_type, signature.inputs),
        ("output_type", "output", output_type, signature.outputs),
    ):
        for name, tensor in tensors:
            is_real = tensor.dtype in _FLOATS or tensor.quantization is not None
            if asked and real.get(name, is_real) and tensor.dtype != asked:
                raise UserError(
                    f"the {kind} `{name}` of `{signature.name}` is {tensor.dtype}, where {asked} "
                    "was asked for",
                    field=field,
                    value=asked,
                    fix=(
                        f"Leave `{field}` out, or ask for a mode whose {kind}s can be {asked}; an "
                        "empty calibration dataset too leaves a model in float32."
                    ),
                )


def check_custom_ops(model: Model, declared: Collection[str]) -> None:
    """Raises UserError unless the model's custom ops are just the `declared` ones."""
    undeclared = sorted(set(model.custom_ops) - set(declared))
    if undeclared:
        flex = undeclared[0].startswith("Flex")
        why = "TensorFlow's own kernel, which no bundle carries" if flex else "a kernel of your own"
        raise UserError(
            f"the model needs the custom ops {', '.join(undeclared)}, which are not declared",
            field="custom_ops",
            value=", ".join(sorted(declared)) or "(none)",
            fix=(
                f"`{undeclared[0]}` is no op of TensorFlow Lite, and needs {why}. Write the layer "
                "with other ops, or name it in `custom_ops`: by the address of its "
                "`tflite_custom_op`, or barely where the kernel is elsewhere."
            ),
        )
    unused = sorted(set(declared) - set(model.custom_ops))
    if unused:
        raise UserError(
            f"the model has no custom op {', '.join(unused)}",
            field="custom_ops",
            value=", ".join(sorted(declared)),
            fix=(
                f"Remove it from `custom_ops`. The model's custom ops are: "
                f"{', '.join(model.custom_ops) or 'none'}."
            ),
        )


def check_mode(model: Model, mode: Mode) -> None:
    """Raises UserError where a tensor has a type that no model converted in `mode` has.

    Only fully connected and convolution layers are looked at in the modes that keep computing in
    float32; in the others no op may compute in floats.
    """
    for graph in model.subgraphs:
        for op in graph.ops:
            if not op.code.custom:
                _check_op(graph, op, mode)


def _check_op(graph: Subgraph, op: Op, mode: Mode) -> None:
    if mode.activation_type not in _FLOATS and op.code.name not in _BORDER_OPS:
        for tensor in _tensors(graph, op):
            if tensor.dtype in _FLOATS:
                raise _wrong(op=op, tensor=tensor, verb="computes with", mode=mode)
    if op.code.name in _MATRIX_OPS:
        activation, weights = (graph.tensors[index] for index in op.inputs[:2])
        if activation.dtype != mode.activation_type:
            raise _wrong(op=op, tensor=activation, verb="computes with", mode=mode)
        if weights.constant and weights.dtype not in mode.weight_types:
            raise _wrong(op=op, tensor=weights, verb="has the weights", mode=mode)
        reduced = set(mode.weight_types) - {"float32"}
        large = weights.elements >= _LEAST_QUANTIZED_ELEMENTS
        if weights.constant and weights.dtype == "float32" and reduced and large:
            raise _wrong(op=op, tensor=weights, verb="has the weights", mode=mode)


def _tensors(graph: Subgraph, op: Op) -> Iterator[Tensor]:
    yield from (graph.tensors[index] for index in (*op.inputs, *op.outputs))


def _wrong(op: Op, tensor: Tensor, verb: str, mode: Mode) -> UserError:
    if mode.calibrates:
        fix = (
            "See that the `calibration` dataset yields samples, new ones whenever it is called. An "
            f"op without a kernel for {mode.activation_type} stays in float: replace it, or choose "
            f"{' or '.join(HYBRID_MODE_NAMES)}."
        )
    else:
        fix = "Choose another mode, or quantize with the other `engine`."
    return UserError(
        f"the model is not {mode.name}: its op `{op.code.name}` {verb} `{tensor.name}` of type "
        f"{tensor.dtype} and shape {list(tensor.shape)}",
        field="quantization",
        value=mode.name,
        fix=fix,
    )
