# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Ops that TensorFlow Lite does not have: which, where they come from, and why a model has them.

The converter names the op that it stumbles over. Its author wrote something else: a layer, a dtype
policy, a recurrent network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterable, Sequence

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.origins import layer_of

_NEEDS_CUSTOM, _NEEDS_FLEX = "ERROR_NEEDS_CUSTOM_OPS", "ERROR_NEEDS_FLEX_OPS"
# A line of the converter's "Details": the op with the types of its inputs and outputs.
_TYPES = re.compile(r"^\s*tf\.(\w+)\((.*)\) -> \((.*?)\)", re.MULTILINE)
_ELEMENT_TYPE = re.compile(r"[x<](bf16|f16|f64)>")
_DTYPES = {"bf16": "bfloat16", "f16": "float16", "f64": "float64"}
OTHER_FLOATS = tuple(_DTYPES.values())
_TENSOR_LISTS = ("TensorList", "EmptyTensorList")
# What Keras computes with ops that nobody would look for behind it.
_KERAS_FORMS = {
    "BitwiseAnd": "`keras.ops.argmax`, `argmin` or `signbit` of floats: write `tf.argmax`, `tf.argmin` "
    "or a comparison with 0 in its place",
}


@dataclass(frozen=True)
class UnsupportedOp:
    """`name` is TensorFlow's; `origin` the user's file and line if the SavedModel has them, else the
    op's scope, which for Keras ends with the layer's name; or empty. `in_tensorflow` says whether a
    runtime with TensorFlow's kernels has it, and `dtypes` which floats other than float32 it takes.
    `node` is its name in the graph.
    """

    name: str
    origin: str
    in_tensorflow: bool
    dtypes: tuple[str, ...] = ()
    node: str = ""

    def __str__(self) -> str:
        return f"`{self.name}` (in `{self.origin}`)" if self.origin else f"`{self.name}`"


def unsupported_ops(error: Exception) -> tuple[UnsupportedOp, ...]:
    """The ops that an exception of the converter is about, each once, sorted by name."""
    dtypes = _dtypes(str(error))
    found: dict[str, UnsupportedOp] = {}
    for data in getattr(error, "errors", ()):
        codes = data.DESCRIPTOR.enum_types_by_name["ErrorCode"].values_by_number
        code = codes[data.error_code].name
        name = data.operator.name.removeprefix("tf.")
        # The converter fails on a list of unknown size before it looks for ops that it lacks.
        if code in (_NEEDS_CUSTOM, _NEEDS_FLEX) or name.startswith(_TENSOR_LISTS):
            op = UnsupportedOp(
                name=name,
                origin=_origin(data.location),
                in_tensorflow=code == _NEEDS_FLEX,
                dtypes=dtypes.get(name, ()),
                node=_node(data.location),
            )
            found.setdefault(name, op)
    return tuple(op for _, op in sorted(found.items()))


def unsupported_error(ops: Sequence[UnsupportedOp], detail: str) -> Mistake:
    """What the author of a model with `ops`, one at least, is told: the cause, where it is known."""
    for explain in (_wrong_dtype, _training_mode, _recurrent_layer):
        mistake = explain(ops, detail)
        if mistake is not None:
            break
    else:
        mistake = _lacking_ops(ops, detail)
    mistake.nodes = tuple(op.node for op in ops if op.node)
    return mistake


def misnamed_error(ops: Sequence[UnsupportedOp]) -> Mistake:
    """What the author of a model is told who declares `ops` as custom ones, which TensorFlow Lite has."""
    mistake = _wrong_dtype(ops, "") or Mistake(
        f"TensorFlow Lite has {_listed(ops)} itself, but not in the form that the model has",
        fix="Express it in the layer's common form, in float32 and with channels last, and leave it out "
        "of `custom_ops`.",
    )
    mistake.field, mistake.value = "custom_ops", ", ".join(op.name for op in ops)
    return mistake


def _dtypes(text: str) -> dict[str, tuple[str, ...]]:
    """The floats other than float32 that each op takes and gives, as the message says."""
    found: dict[str, set[str]] = {}
    for name, inputs, outputs in _TYPES.findall(text):
        types = {_DTYPES[short] for short in _ELEMENT_TYPE.findall(f"{inputs} {outputs}")}
        found.setdefault(name, set()).update(types)
    return {name: tuple(sorted(types)) for name, types in found.items()}


def _origin(location: Any) -> str:
    for call in location.call:
        if call.source.filename:
            return f"{call.source.filename}:{call.source.line}"
    return layer_of(_node(location))


def _node(location: Any) -> str:
    return location.call[0].name.split("@")[0] if location.call else ""


def _listed(ops: Iterable[UnsupportedOp]) -> str:
    return ", ".join(map(str, ops))


def _wrong_dtype(ops: Sequence[UnsupportedOp], detail: str) -> Mistake | None:
    concerned = [op for op in ops if op.dtypes]
    if not concerned:
        return None
    dtypes = sorted({dtype for op in concerned for dtype in op.dtypes})
    fix = "Compute in float32: `tf.cast` what comes in, and make variables and constants float32. "
    if dtypes != ["float64"]:
        fix = (
            'Build the model again in float32, after `keras.mixed_precision.set_dtype_policy("float32")'
            "`, copy the weights with `rebuilt.set_weights(trained.get_weights())`, and export that. "
        )
    return Mistake(
        f"the model computes in {' and '.join(dtypes)}, and TensorFlow Lite in float32: "
        f"{_listed(concerned)}",
        field="saved_model",
        fix=f"{fix}A smaller model is the converter's business, as with "
        '`quantization="float16"`.',
        detail=detail,
    )


def _training_mode(ops: Sequence[UnsupportedOp], detail: str) -> Mistake | None:
    concerned = [op for op in ops if "Random" in op.name]
    if not concerned:
        return None
    return Mistake(
        f"the model draws random numbers, which it does in training mode: {_listed(concerned)}",
        field="saved_model",
        fix="Export it for inference, with `training=False` in every call of a layer or model of "
        "your own, and without layers that only training needs, such as `RandomFlip`.",
        detail=detail,
    )


def _recurrent_layer(ops: Sequence[UnsupportedOp], detail: str) -> Mistake | None:
    concerned = [op for op in ops if op.name.startswith(_TENSOR_LISTS)]
    if not concerned:
        return None
    return Mistake(
        "the model has a recurrent layer of an unknown batch or length, whose steps TensorFlow "
        f"Lite cannot store: {_listed(concerned)}",
        field="saved_model",
        fix="Give the model's input a fixed batch in its code, as in "
        "`keras.Input(batch_shape=(1, 12, 6))`; Keras writes it into the layer, where `input_shapes` "
        "does not reach. If that is not enough, `unroll=True` of the layer makes each step ops of "
        "its own.",
        detail=detail,
    )


def _lacking_ops(ops: Sequence[UnsupportedOp], detail: str) -> Mistake:
    names = [op.name for op in ops]
    forms = [
        f"`{name}` is how Keras computes {_KERAS_FORMS[name]}."
        for name in names
        if name in _KERAS_FORMS
    ]
    ways = ["Express it with other ops in the model's code, which costs nothing on a device"]
    if all(op.in_tensorflow for op in ops):
        ways.append(
            f"take it from TensorFlow with `select_tf_ops={names}`, which only apps for Android and "
            "iOS can run, and which brings them some 100 MB of TensorFlow's kernels"
        )
    ways.append(
        f"write a kernel for it and declare that with a `tflite_custom_op` and `custom_ops={names}`, "
        "which costs you the kernel for every platform"
    )
    return Mistake(
        f"TensorFlow Lite has no op {_listed(ops)}",
        field="saved_model",
        value=", ".join(names),
        fix=" ".join([*forms, f"{'; or '.join(ways)}."]),
        detail=detail,
    )
