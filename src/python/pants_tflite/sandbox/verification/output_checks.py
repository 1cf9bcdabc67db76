# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether a model's outputs are close enough to the SavedModel's, and what to do if not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.verification.comparison import NORMALIZED_RMS, compare
from pants_tflite.sandbox.verification.verify_protocol import OutputCheck

_MORE_SAMPLES = (
    "Calibrate with more samples that look like the real inputs, scaled as in training; "
)
_FIXES = {
    "float32": (
        "Variables that were lost on the way are the usual cause: return a Keras model or a "
        "`tf.Module` from the entry point, or write the SavedModel with `model.export()` or "
        "`keras.export.ExportArchive`, not with `tf.saved_model.save(keras_model)`. "
    ),
    "dynamic_range": "Try float16, or calibrate int8 or int16x8; ",
    "float16": "Weights beyond 65,504 do not fit: scale them down, or try dynamic_range; ",
    "int8": _MORE_SAMPLES + "or try int16x8, or dynamic_range; ",
    "int16x8": _MORE_SAMPLES + "or try float16; ",
}


@dataclass(frozen=True)
class Tolerance:
    """The largest error that passes, from the field or from the `mode` (None for a recipe)."""

    value: float
    mode: str | None
    from_field: bool

    @property
    def blame(self) -> dict[str, Any]:
        if self.from_field:
            return {"field": "verify_tolerance", "value": self.value}
        return {"field": "quantization", "value": self.mode}

    @property
    def fix(self) -> str:
        fix = _FIXES.get(self.mode or "", _MORE_SAMPLES + "or quantize fewer ops in the recipe; ")
        return fix + "set `verify_tolerance` higher where so large a difference is harmless."


def check_finite(
    signature: str,
    outputs: Mapping[str, np.ndarray],
    *,
    who: str,
    field: str | None,
    fix: str,
    value: Any = None,
) -> None:
    """Raises Mistake where an output, of shape (N, …), holds NaN or an infinity.

    `who` is what computed it.
    """
    for name in sorted(outputs):
        array = outputs[name]
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            position = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
            raise Mistake(
                f"{who} yields {array[position]} in its output `{name}` (signature `{signature}`) "
                f"for sample {position[0]}, at index {list(position[1:])}",
                field=field,
                value=value,
                fix=fix,
            )


def check_outputs(
    signature: str,
    expected: Mapping[str, np.ndarray],
    actual: Mapping[str, np.ndarray],
    tolerance: Tolerance,
) -> list[OutputCheck]:
    """Compares the outputs of a signature, of shape (N, …), by name.

    Raises Mistake for the one that is farthest beyond the tolerance.
    """
    checks = []
    for name in sorted(expected):
        if expected[name].shape != actual[name].shape:
            raise Mistake(
                f"the output `{name}` (signature `{signature}`) has the shape "
                f"{list(actual[name].shape)} for {len(expected[name])} samples, the SavedModel's "
                f"has {list(expected[name].shape)}",
                **{**tolerance.blame, "fix": "Give the exported function fixed shapes."},
            )
        if expected[name].size:
            deviation = compare(expected[name], actual[name])
            checks.append(
                OutputCheck(
                    signature=signature,
                    name=name,
                    measure=deviation.measure,
                    error=deviation.error,
                    worst=deviation.worst,
                )
            )
    failed = [check for check in checks if check.error > tolerance.value]
    if failed:
        raise _too_far(max(failed, key=lambda check: check.error), tolerance)
    return checks


def _too_far(check: OutputCheck, tolerance: Tolerance) -> Mistake:
    worst = check.worst
    if check.measure == NORMALIZED_RMS:
        how_far = f"a root mean square error of {check.error:.4g} of the output's range"
    else:
        how_far = f"{check.error:.2%} of its elements"
    return Mistake(
        f"the output `{check.name}` (signature `{check.signature}`) differs from the SavedModel's "
        f"by {how_far}, where {tolerance.value:g} is allowed. It is farthest for sample "
        f"{worst.sample}, at index {list(worst.index)}: {worst.actual:g} instead of "
        f"{worst.expected:g}",
        fix=tolerance.fix,
        **tolerance.blame,
    )
