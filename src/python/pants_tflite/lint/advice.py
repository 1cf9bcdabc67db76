# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What to do about an op that a runtime refuses for its types or its version, rather than for what it computes.

Advice on types is tried by `sandbox/advice_test.py`. Advice that takes something from outside of the model is not: a newer
runtime, a kernel for microcontrollers, TensorFlow's own ops.
"""

from __future__ import annotations

import re
from typing import Iterable, Optional

from pants_tflite.lint.replacement_entries import GPU, INTEGERS
from pants_tflite.lint.replacements import find_replacement, replacement

_HYBRID = re.compile(r"hybrid|FLOAT32 with filter type", re.IGNORECASE)
_FLOATS_ALONE = re.compile(r"\(INT(8|16) != FLOAT32\)")
_LACKING_TYPE = re.compile(r"Tensor type\(\w+\) is not supported")
_MANY_DIMENSIONS = re.compile(r"dimensions must be less than 5")
_VERSION = re.compile(r"version '?\d+")

NO_HYBRID = (
    "Convert the model in the mode `int8`, or without quantization: the runtime multiplies no floats with "
    "integer weights."
)
INT8_FOR_INT16 = (
    "Convert the model in the mode `int8`, for whose types the runtime has more kernels."
)
FLOATS_ALONE = "Convert the model without quantization: the runtime has this op only in floats."
COMMON_TYPES = (
    "Compute in float32 or int32, as `tf.argmax` does with `output_type=tf.int32`, or convert the model in the "
    "mode `int8`."
)
FOUR_DIMENSIONS = (
    "Compute in at most four dimensions: give `tf.reshape` sizes in which two of them are one."
)
OUTSIDE = (
    "Leave the op outside of the graph: `outputs` of the model ends it before the op, which the app computes. Or "
    "let the app run the model on the CPU."
)
NEWER_RUNTIME = "Give the app a newer runtime, which has this version of the op, or express the layer with other ops."
INTEGER_BORDERS = (
    'At the inputs and outputs, convert with `input_type="int8"` and `output_type="int8"`, which leave out what '
    "turns floats into integers and back; the app does it. Between other ops, replace the one that computes in floats."
)
FOR_NPUS = "Convert the model in the mode `int8`, the type that Ethos-U computes in."
ON_THE_PROCESSOR = (
    "Nothing, if the processor has the time: it runs the op with TensorFlow Lite Micro's kernel. Otherwise leave the "
    "op outside of the graph: `outputs` of the model ends it before the op, which the application computes."
)
ON_THE_CPU = "Let the app run the model on the CPU."


def find_gpu_advice(op: str, reason: str, dtypes: Iterable[str]) -> str:
    """What to do about an op that LiteRT's GPU accelerator refuses, or computes wrongly."""
    if "complex64" in dtypes:
        return replacement("signal").instead
    if _MANY_DIMENSIONS.search(reason):
        return FOUR_DIMENSIONS
    if _LACKING_TYPE.search(reason):
        return COMMON_TYPES
    found = find_replacement(op, runtime=GPU)
    return OUTSIDE if found is None else found.instead


def find_npu_advice(op: str, dtypes: Iterable[str]) -> str:
    """What to do about an op that Vela leaves to the processor."""
    if op in ("QUANTIZE", "DEQUANTIZE"):
        return INTEGER_BORDERS
    if "float32" not in dtypes:
        return ON_THE_PROCESSOR
    # An op that stays in floats when its model is converted in integers has another form.
    found = find_replacement(op, runtime=INTEGERS)
    stays = found is not None and INTEGERS in found.refused_by
    return found.instead if found is not None and stays else FOR_NPUS


def is_hybrid(reason: str, *, is_micro: bool) -> bool:
    """Whether the runtime has the op, for other types: it needs no other op."""
    return is_micro and _HYBRID.search(reason) is not None


def find_advice(reason: str, dtypes: Iterable[str], *, is_micro: bool) -> Optional[str]:
    """What to do if no other op is known that computes the same."""
    if is_micro and _FLOATS_ALONE.search(reason):
        return FLOATS_ALONE
    if is_micro and "int16" in dtypes:
        return INT8_FOR_INT16
    if _LACKING_TYPE.search(reason):
        return COMMON_TYPES
    return NEWER_RUNTIME if _VERSION.search(reason) else None
