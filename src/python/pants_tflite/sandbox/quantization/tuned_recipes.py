# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The recipes that `tflite-tune` writes, in the AI Edge Quantizer's form: a mode for the whole model, and
a finer precision for single ops.

A recipe file may be an object instead of a list of entries; then it also says with how many of the
calibration samples.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

ENTRIES = "entries"
CALIBRATION_SAMPLES = "calibration_samples"

FLOAT32 = "float32"
FLOAT16 = "float16"
INT16 = "int16"
# What an op may be kept in, the cheapest first: int16 activations with the same int8 weights, float16
# weights, or nothing quantized at all.
PRECISIONS = (INT16, FLOAT16, FLOAT32)

Entry = Dict[str, Any]
_EVERY_OP = "*"
_QUANTIZE = "min_max_uniform_quantize"
_NO_QUANTIZE = "no_quantize"
_ACTIVATIONS = {"int8": 8, "int16x8": 16}
# The quantizer's own name of an op, where it is another one than the file's.
_OPERATIONS = {"TRANSPOSE_CONV": "CONV_2D_TRANSPOSE"}


def mode_entry(mode: str, *, per_channel: bool) -> Entry:
    """The entry for every op of a model in one of the modes."""
    entry: Entry = {"regex": ".*", "operation": _EVERY_OP}
    if mode == FLOAT32:
        return {**entry, "algorithm_key": _NO_QUANTIZE}
    if mode == FLOAT16:
        return {**entry, **_float16()}
    return {**entry, **_int8_weights(_ACTIVATIONS.get(mode), per_channel=per_channel)}


def op_entry(op: str, tensor: str, precision: str) -> Entry:
    """The entry that keeps the op that yields `tensor` alone in one of `PRECISIONS`."""
    operation = _OPERATIONS.get(op, op)
    entry: Entry = {"regex": f"^{re.escape(tensor)};$", "operation": operation}
    if precision == INT16:
        return {**entry, **_int8_weights(16, per_channel=True)}
    if precision == FLOAT16:
        return {**entry, **_float16()}
    return {**entry, "algorithm_key": _NO_QUANTIZE}


def float_io_entries() -> List[Entry]:
    """Entries that leave inputs and outputs in float32, as every mode has them by default."""
    return [
        {"regex": ".*", "operation": operation, "algorithm_key": _NO_QUANTIZE}
        for operation in ("INPUT", "OUTPUT")
    ]


def tuned_recipe(
    mode: str,
    *,
    per_channel: bool,
    ops: Sequence[Tuple[str, str, str]],
    calibration_samples: Optional[int],
    float_io: bool,
) -> Mapping[str, Any]:
    """A recipe file's content; `ops` are (op, tensor, precision)."""
    entries = [mode_entry(mode, per_channel=per_channel), *(op_entry(*op) for op in ops)]
    if float_io:
        entries += float_io_entries()
    recipe: Dict[str, Any] = {ENTRIES: entries}
    if calibration_samples is not None:
        recipe[CALIBRATION_SAMPLES] = calibration_samples
    return recipe


def _int8_weights(activation_bits: Optional[int], *, per_channel: bool) -> Entry:
    config: Dict[str, Any] = {
        "weight_tensor_config": {
            "num_bits": 8,
            "symmetric": True,
            "granularity": "CHANNELWISE" if per_channel else "TENSORWISE",
            "dtype": "INT",
        },
        "compute_precision": "INTEGER",
        "explicit_dequantize": False,
        "skip_checks": False,
        "min_weight_elements": 0,
    }
    if activation_bits is not None:
        config["activation_tensor_config"] = {
            "num_bits": activation_bits,
            "symmetric": activation_bits == 16,
            "granularity": "TENSORWISE",
            "dtype": "INT",
        }
    return {"algorithm_key": _QUANTIZE, "op_config": config}


def _float16() -> Entry:
    return {
        "algorithm_key": "float_casting",
        "op_config": {
            "weight_tensor_config": {
                "num_bits": 16,
                "symmetric": True,
                "granularity": "TENSORWISE",
                "dtype": "FLOAT",
            },
            "compute_precision": "FLOAT",
            "explicit_dequantize": True,
        },
    }
