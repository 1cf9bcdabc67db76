# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether a model's tensors have the types that were asked for, read only from its file.

A converter that finds no calibration samples, or an op without an integer kernel, yields a float
model without complaint.
"""

from __future__ import annotations

from typing import Collection, Mapping, Sequence

from pants_tflite.sandbox.constants import ETHOS_U
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import HYBRID_MODE_NAMES, Mode
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Signature, Tensor
from pants_tflite.sandbox.verification.float_ops import (
    FLOATS,
    FloatFallback,
    Node,
    check_float_ops,
)
from pants_tflite.sandbox.verification.verify_protocol import FloatOp

# Their first input is the activation, the second the weights.
_MATRIX_OPS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
# TensorFlow's converter leaves smaller constants as they are.
_LEAST_QUANTIZED_ELEMENTS = 1024
_OF_AN_NPU = (
    "Vela compiled the model for an Arm Ethos-U NPU, and no other device runs it. For a library whose "
    f'firmware has that NPU, declare `custom_ops=["{ETHOS_U}"]`. Otherwise take the model that Vela '
    "was given; the field `npu` of a `tflite_micro_library` compiles that one."
)


def check_io_types(
    signature: Signature,
    input_type: str | None,
    output_type: str | None,
    real: Mapping[str, bool],
) -> None:
    """Raises Mistake where a real-valued input or output is not of the type asked for, if any.

    `real` says which inputs and outputs are real numbers in the SavedModel, by name. What it leaves
    out counts as real if it is a float or quantized.
    """
    for field, kind, asked, tensors in (
        ("input_type", "input", input_type, signature.inputs),
        ("output_type", "output", output_type, signature.outputs),
    ):
        for name, tensor in tensors:
            is_real = tensor.dtype in FLOATS or tensor.quantization is not None
            if asked and real.get(name, is_real) and tensor.dtype != asked:
                raise Mistake(
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
    """Raises Mistake unless the model's custom ops are just the `declared` ones."""
    undeclared = sorted(set(model.custom_ops) - set(declared))
    if undeclared:
        raise Mistake(
            f"the model needs the custom ops {', '.join(undeclared)}, which are not declared",
            field="custom_ops",
            value=", ".join(sorted(declared)) or "(none)",
            fix=(
                _OF_AN_NPU
                if ETHOS_U in undeclared
                else (
                    f"`{undeclared[0]}` is not an op of TensorFlow Lite, and needs a kernel of your own. "
                    "Write the layer with other ops, or name it in `custom_ops`: by the address of its "
                    "`tflite_custom_op`, or by its bare name if the kernel lives elsewhere."
                )
            ),
        )
    unused = sorted(set(declared) - set(model.custom_ops))
    if unused:
        raise Mistake(
            f"the model has no custom op {', '.join(unused)}",
            field="custom_ops",
            value=", ".join(sorted(declared)),
            fix=(
                f"Remove it from `custom_ops`. The model's custom ops are: "
                f"{', '.join(model.custom_ops) or 'none'}."
            ),
        )


def check_select_tf_ops(model: Model, allowed: bool | Collection[str]) -> None:
    """Raises Mistake if the model takes ops from TensorFlow that are not `allowed`.

    True allows any.
    """
    names = model.select_tf_ops if allowed is True else tuple(allowed or ())
    refused = sorted(set(model.select_tf_ops) - set(names))
    if refused:
        raise Mistake(
            f"the model takes the ops {', '.join(refused)} from TensorFlow itself, which only a "
            "runtime with TensorFlow's kernels has",
            field="select_tf_ops",
            value=", ".join(sorted(names)) or None,
            fix="Allow them with the field `select_tf_ops` of a `tflite_model`. A finished `.tflite` "
            "file with such ops cannot be verified: convert it here, from its SavedModel.",
        )


def check_mode(
    model: Model, mode: Mode, fallback: FloatFallback = FloatFallback()
) -> tuple[FloatOp, ...]:
    """Raises Mistake where a tensor has a type that no model converted in `mode` has.

    Only fully connected and convolution layers are looked at in the modes that keep computing in
    float32; in the others no op may compute in floats beyond what `fallback` allows. Returns the
    ops that do.
    """
    nodes = Node.of(model)
    in_floats: list[Node] = []
    if mode.has_integer_activations:
        in_floats = [node for node in nodes if node.float_tensor is not None]
        if not any(node.is_integer(mode) for node in nodes):
            _refuse_floats(in_floats, mode)
    for node in nodes:
        if node.op.code.name in _MATRIX_OPS and node not in in_floats:
            _check_matrix_op(node, mode)
    float_ops = tuple(node.describe() for node in in_floats)
    check_float_ops(float_ops, total=len(nodes), mode=mode, allowed=fallback)
    return float_ops


def _refuse_floats(nodes: Sequence[Node], mode: Mode) -> None:
    """Raises Mistake if there are `nodes`, none of which is quantized: not even a fallback."""
    for node in nodes:
        tensor = node.float_tensor
        if tensor is not None:
            raise _wrong(node, tensor, verb="computes with", mode=mode)


def check_per_tensor(model: Model) -> None:
    """Raises Mistake where weights have several scales, which `per_channel=False` excludes."""
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            if tensor.quantization is not None and len(tensor.quantization.scales) > 1:
                raise Mistake(
                    f"the weights `{tensor.name}` have {len(tensor.quantization.scales)} scales, "
                    "where one was asked for",
                    field="per_channel",
                    value=False,
                    fix="Use the other `engine`, or leave `per_channel` out.",
                )


def _check_matrix_op(node: Node, mode: Mode) -> None:
    activation, weights = (node.graph.tensors[index] for index in node.op.inputs[:2])
    if activation.dtype != mode.activation_type:
        raise _wrong(node, activation, verb="computes with", mode=mode)
    if weights.constant and weights.dtype not in mode.weight_types:
        raise _wrong(node, weights, verb="has the weights", mode=mode)
    reduced = set(mode.weight_types) - {"float32"}
    large = weights.elements >= _LEAST_QUANTIZED_ELEMENTS
    if weights.constant and weights.dtype == "float32" and reduced and large:
        raise _wrong(node, weights, verb="has the weights", mode=mode)


def _wrong(node: Node, tensor: Tensor, *, verb: str, mode: Mode) -> Mistake:
    if mode.calibrates:
        fix = (
            "See that the `calibration` dataset yields samples, new ones whenever it is called. An "
            f"op without a kernel for {mode.activation_type} stays in float: replace it, or choose "
            f"{' or '.join(HYBRID_MODE_NAMES)}."
        )
    else:
        fix = "Choose another mode, or quantize with the other `engine`."
    return Mistake(
        f"the model is not {mode.name}: its op `{node.op.code.name}` {verb} `{tensor.name}` of type "
        f"{tensor.dtype} and shape {list(tensor.shape)}",
        field="quantization",
        value=mode.name,
        fix=fix,
    )
