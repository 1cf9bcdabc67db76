# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Translates what TensorFlow's converter raises into the terms of the model's author."""

from __future__ import annotations

import re
from typing import Any

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import MODE_WITHOUT_SAMPLES

_UNSUPPORTED = ("ERROR_NEEDS_CUSTOM_OPS", "ERROR_NEEDS_FLEX_OPS")
_UNRESOLVED = re.compile(r"unresolved custom ops?: \[?([\w:., ]+)")
_NOT_IN_16X8 = re.compile(r"Quantization to 16x8-bit not yet supported for op: '(\w+)'")
_DETAIL_CHARACTERS = 6000


def conversion_error(error: Exception, mode: str) -> Mistake:
    """The mistake behind an exception of the converter in the mode called `mode`.

    An unknown exception is shown as it is, without a guess at its cause.
    """
    unsupported = _unsupported_ops(error)
    if unsupported:
        return _unsupported_error(unsupported, error)
    unresolved = _UNRESOLVED.search(str(error))
    if unresolved:
        return Mistake(
            f"calibration runs the model, and there is no kernel for its custom op "
            f"{unresolved[1].rstrip('. ')} on this machine",
            field="custom_ops",
            value=unresolved[1].rstrip(". "),
            fix="Declare its kernel with a `tflite_custom_op` and give its address in `custom_ops`, or "
            f"choose a mode that needs no calibration, such as {MODE_WITHOUT_SAMPLES}.",
            detail=_detail(error),
        )
    names = sorted(set(_NOT_IN_16X8.findall(str(error))))
    if names:
        return Mistake(
            f"TensorFlow's converter has no {mode} form of {', '.join(names)}",
            field="mode",
            value=mode,
            fix="Choose another mode, or express the op with others in the model's code.",
            detail=_detail(error),
        )
    return Mistake(
        f"TensorFlow's converter failed: {_summary(error)}",
        field=None,
        fix="See the converter's own message below.",
        detail=_detail(error),
    )


def _unsupported_ops(error: Exception) -> list[tuple[str, str]]:
    """The ops that TFLite lacks, each with its origin, if known."""
    found: dict[str, str] = {}
    for data in getattr(error, "errors", ()):
        codes = data.DESCRIPTOR.enum_types_by_name["ErrorCode"].values_by_number
        if codes[data.error_code].name in _UNSUPPORTED:
            found.setdefault(data.operator.name.removeprefix("tf."), _origin(data.location))
    return sorted(found.items())


def _origin(location: Any) -> str:
    """The user's file and line if the SavedModel has them, else the op's scope, which for Keras
    is the layer's name.
    """
    for call in location.call:
        if call.source.filename:
            return f"{call.source.filename}:{call.source.line}"
    return location.call[0].name.split("@")[0] if location.call else ""


def _unsupported_error(ops: list[tuple[str, str]], error: Exception) -> Mistake:
    described = ", ".join(
        f"`{name}` (from `{origin}`)" if origin not in ("", name) else f"`{name}`"
        for name, origin in ops
    )
    names = [name for name, _ in ops]
    return Mistake(
        f"TFLite has no op {described}",
        field="saved_model",
        value=", ".join(names),
        fix="Express it with other ops in the model's code or, if there is a kernel for it, "
        f"declare it: `custom_ops={names}`.",
        detail=_detail(error),
    )


def _summary(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{lines[0][:300]}" if lines else type(error).__name__


def _detail(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}"
    if len(text) <= _DETAIL_CHARACTERS:
        return text
    half = _DETAIL_CHARACTERS // 2
    return f"{text[:half]}\n[…]\n{text[-half:]}"
