# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Translates what TensorFlow's converter raises into the terms of the model's author."""

from __future__ import annotations

import re

from pants_tflite.sandbox.conversion.unsupported_ops import unsupported_error, unsupported_ops
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import MODE_WITHOUT_SAMPLES, NOT_FOR_MICRO
from pants_tflite.sandbox.texts import shorten, shorten_lines

_UNRESOLVED = re.compile(r"unresolved custom ops?: \[?([\w:., ]+)")
_NOT_IN_16X8 = re.compile(r"Quantization to 16x8-bit not yet supported for op: '(\w+)'")
_WITHOUT_RANGE = re.compile(
    r"Empty min/max for tensor (?:serving_default_)?(.+?)(?::\d+)?$", re.MULTILINE
)
_NOT_PER_TENSOR = "Quantized dimension for tensor property and quantization parameters do not match"
_SUMMARY_CHARACTERS = 300
_DETAIL_CHARACTERS = 6000


def conversion_error(error: Exception, mode: str) -> Mistake:
    """The mistake behind an exception of the converter in the mode called `mode`.

    An unknown exception is shown as it is, without a guess at its cause.
    """
    unsupported = unsupported_ops(error)
    if unsupported:
        return unsupported_error(unsupported, _detail(error))
    unresolved = _UNRESOLVED.search(str(error))
    if unresolved:
        return Mistake(
            f"calibration runs the model, and there is no kernel for its custom op "
            f"{unresolved[1].rstrip('. ')} on this machine",
            field="custom_ops",
            value=unresolved[1].rstrip(". "),
            fix="Declare its kernel with a `tflite_custom_op` and give its address in `custom_ops`, or "
            f"choose a mode that needs no calibration, such as {MODE_WITHOUT_SAMPLES}. {NOT_FOR_MICRO}.",
            detail=_detail(error),
        )
    names = sorted(set(_NOT_IN_16X8.findall(str(error))))
    if names:
        return Mistake(
            f"TensorFlow's converter has no {mode} form of {', '.join(names)}",
            field="mode",
            value=mode,
            fix=f'Leave it in float32 with `tflite_quantization(mode="{mode}", float_fallback=True)`, '
            "choose another mode, or express the op with others in the model's code.",
            detail=_detail(error),
        )
    without_range = _WITHOUT_RANGE.search(str(error))
    if without_range:
        return Mistake(
            f"TensorFlow's converter does not quantize a model to {mode} that has the integer input "
            f"`{without_range[1]}`, such as token ids: it looks for the range of its values",
            field="engine",
            value="tensorflow",
            fix='Use `tflite_quantization(engine="ai_edge", float_fallback=True)` of this mode, or the '
            "mode int8.",
            detail=_detail(error),
        )
    if _NOT_PER_TENSOR in str(error):
        return Mistake(
            f"TensorFlow's converter cannot give the weights of a depthwise convolution one scale in "
            f"the mode {mode}",
            field="per_channel",
            value=False,
            fix='Use `engine="ai_edge"`, the mode int8, or leave `per_channel` out.',
            detail=_detail(error),
        )
    return Mistake(
        f"TensorFlow's converter failed: {_summary(error)}",
        field=None,
        fix="See the converter's own message above.",
        detail=_detail(error),
    )


def _summary(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return shorten(lines[0], _SUMMARY_CHARACTERS) if lines else type(error).__name__


def _detail(error: Exception) -> str:
    return shorten_lines(f"{type(error).__name__}: {error}", _DETAIL_CHARACTERS)
