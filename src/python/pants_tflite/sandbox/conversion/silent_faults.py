# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Faults of a converted model that TensorFlow's converter does not report."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence

from pants_tflite.sandbox.constants import FLEX_PREFIX
from pants_tflite.sandbox.conversion.unsupported_ops import (
    OTHER_FLOATS,
    UnsupportedOp,
    misnamed_error,
)
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.origins import layer_of


def check_converted(
    content: bytes,
    *,
    signatures: Sequence[str],
    custom_ops: Sequence[str],
    select_tf_ops: bool | Sequence[str],
) -> None:
    """Raises Mistake where a converted model lacks one of the `signatures` that were asked for,
    reads variables that nothing writes, or has other custom ops than the declared `custom_ops` and
    other ops of TensorFlow than `select_tf_ops`, of which True allows any.
    """
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    _check_signatures(model, signatures)
    _check_variables(model, schema)
    _check_forms(model, schema)
    codes = _custom_codes(model, schema)
    custom = {code: tensor for code, tensor in codes.items() if not code.startswith(FLEX_PREFIX)}
    _check_custom_ops(custom, custom_ops)
    taken = {c.removeprefix(FLEX_PREFIX): t for c, t in codes.items() if c.startswith(FLEX_PREFIX)}
    _check_select_tf_ops(taken, select_tf_ops)


def _operators(model: Any, schema: Any) -> Iterator[tuple[int, Any, Any, Any]]:
    """Each operator with its builtin code, the op code and the graph that it is in."""
    for graph in model.subgraphs:
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            yield max(code.builtinCode, code.deprecatedBuiltinCode), operator, code, graph


def _check_signatures(model: Any, signatures: Sequence[str]) -> None:
    converted = sorted(entry.signatureKey.decode() for entry in model.signatureDefs or [])
    missing = [key for key in signatures if key not in converted]
    if missing:
        raise Mistake(
            f"the converter left out the signature {', '.join(missing)}",
            field="signatures",
            value=", ".join(signatures),
            fix=f"Convert {', '.join(converted) or 'one signature'} alone, and the others with "
            "targets of their own.",
        )


def _check_variables(model: Any, schema: Any) -> None:
    names: dict[tuple[int, int], str] = {}
    read, written = set(), set()
    for builtin, operator, _, graph in _operators(model, schema):
        if builtin == schema.BuiltinOperator.VAR_HANDLE:
            name = operator.builtinOptions.sharedName
            names[id(graph), operator.outputs[0]] = name.decode() if name else ""
        elif builtin == schema.BuiltinOperator.READ_VARIABLE:
            read.add(names.get((id(graph), operator.inputs[0])))
        elif builtin == schema.BuiltinOperator.ASSIGN_VARIABLE:
            written.add(names.get((id(graph), operator.inputs[0])))
    empty = sorted(name for name in read - written if name is not None)
    if empty:
        raise Mistake(
            f"the converted model reads {len(empty)} variables that nothing gives a value, "
            f"{empty[0]} for one",
            field="saved_model",
            fix="Export Keras 3 models with `model.export` or `keras.export.ExportArchive`: what "
            "`tf.saved_model.save` makes of them loses its weights in the conversion.",
        )


def _custom_codes(model: Any, schema: Any) -> dict[str, str]:
    """The custom codes in use, each with the name of a tensor that an op of it makes."""
    found: dict[str, str] = {}
    for builtin, operator, code, graph in _operators(model, schema):
        if builtin == schema.BuiltinOperator.CUSTOM:
            output = graph.tensors[operator.outputs[0]].name.decode() if operator.outputs else "?"
            found.setdefault(code.customCode.decode(), output)
    return found


def _check_forms(model: Any, schema: Any) -> None:
    """Raises Mistake where ops became custom ones that TensorFlow Lite has, in other types or forms."""
    floats = {getattr(schema.TensorType, name.upper()): name for name in OTHER_FLOATS}
    builtins = {
        name.replace("_", "").lower(): name
        for name in vars(schema.BuiltinOperator)
        if name[0] != "_"
    }
    found: dict[str, UnsupportedOp] = {}
    for builtin, operator, code, graph in _operators(model, schema):
        if builtin != schema.BuiltinOperator.CUSTOM or not _is_of_tensorflow(
            code.customCode.decode()
        ):
            continue
        name = code.customCode.decode()
        tensors = [graph.tensors[i] for i in (*operator.inputs, *operator.outputs) if i >= 0]
        dtypes = {floats[tensor.type] for tensor in tensors if tensor.type in floats}
        if dtypes or name.lower() in builtins:
            output = (
                graph.tensors[operator.outputs[0]].name.decode() if len(operator.outputs) else ""
            )
            op = UnsupportedOp(name, layer_of(output), True, tuple(sorted(dtypes)))
            found.setdefault(name, op)
    if found:
        raise misnamed_error([op for _, op in sorted(found.items())])


def _is_of_tensorflow(name: str) -> bool:
    from tensorflow.python.framework import op_def_registry

    return op_def_registry.get(name) is not None


def _check_select_tf_ops(found: Mapping[str, str], allowed: bool | Sequence[str]) -> None:
    if allowed and not found:
        raise Mistake(
            "the model takes no op from TensorFlow: TensorFlow Lite has all that it needs",
            field="select_tf_ops",
            value="True" if allowed is True else ", ".join(allowed),
            fix="Leave `select_tf_ops` out. The model then runs everywhere.",
        )
    if isinstance(allowed, bool):
        return
    refused, unused = sorted(set(found) - set(allowed)), sorted(set(allowed) - set(found))
    if refused:
        described = ", ".join(f"`{name}` (it makes the tensor {found[name]})" for name in refused)
        raise Mistake(
            f"the model takes {described} from TensorFlow, and `select_tf_ops` does not allow it",
            field="select_tf_ops",
            value=", ".join(allowed),
            fix=f"Add {', '.join(refused)} to `select_tf_ops`, or express it with other ops in the "
            "model's code.",
        )
    if unused:
        raise Mistake(
            f"the model does not take {', '.join(unused)} from TensorFlow",
            field="select_tf_ops",
            value=", ".join(unused),
            fix=f"Drop it from `select_tf_ops`. The model takes {', '.join(sorted(found))}.",
        )


def _check_custom_ops(found: Mapping[str, str], declared: Sequence[str]) -> None:
    undeclared = sorted(set(found) - set(declared))
    if undeclared:
        described = ", ".join(
            f"`{name}` (it makes the tensor {found[name]})" for name in undeclared
        )
        raise Mistake(
            f"TFLite has no {described}, and `custom_ops` does not declare it",
            field="custom_ops",
            value=", ".join(declared),
            fix="Express it with other ops in the model's code or, if there is a kernel for it, "
            f"add {', '.join(undeclared)} to `custom_ops`: the address of its `tflite_custom_op`, or "
            "the bare name if the kernel lives elsewhere. An op of TensorFlow can also come from there: "
            "that is what `select_tf_ops` is for.",
        )
    unused = sorted(set(declared) - set(found))
    if unused:
        raise Mistake(
            f"the model does not use the custom op {', '.join(unused)}",
            field="custom_ops",
            value=", ".join(unused),
            fix="Drop it from `custom_ops`, or fix its name: that of TensorFlow's op, or of a "
            "`tf.function(experimental_implements=…)` with the attribute `tfl_fusable_op`. "
            + (f"The model uses {', '.join(sorted(found))}." if found else "The model uses none."),
        )
