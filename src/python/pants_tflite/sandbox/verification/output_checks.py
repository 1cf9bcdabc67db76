# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether a model's outputs are close enough to the SavedModel's, and what to do if not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Collection, Iterator, Mapping

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import CHANNEL_TOLERANCE, DECISIONS_TOLERANCE, find_mode
from pants_tflite.sandbox.verification.comparison import MISMATCHES, compare
from pants_tflite.sandbox.verification.decisions import (
    are_scores,
    compare_accuracy,
    compare_decisions,
    most_lost,
)
from pants_tflite.sandbox.verification.verify_protocol import OutputCheck, WorstChannel

_MORE_SAMPLES = (
    "Calibrate with more samples that look like the real inputs, scaled as in training; "
)
_FIXES = {
    "float32": (
        "Variables that were lost on the way are the usual cause: return a Keras model or a "
        "`tf.Module` from the entry point, or write the SavedModel with `model.export()` or "
        "`keras.export.ExportArchive`, not with `tf.saved_model.save(keras_model)`; "
    ),
    "dynamic_range": "Try float16, or calibrate int8 or int16x8; ",
    "float16": "Weights beyond 65,504 do not fit: scale them down, or try dynamic_range; ",
    "int8": _MORE_SAMPLES + "or try int16x8, or dynamic_range; ",
    "int16x8": _MORE_SAMPLES + "or try float16; ",
}
_RECIPE_FIX = _MORE_SAMPLES + "or quantize fewer ops in the recipe; "
# A channel that varies by less than this part of the whole output hardly fills a step of int8.
_DROWNED = 50
_SCALE_FIX = (
    "All channels of an output have one scale, in which the small values of this one are lost: yield "
    "it as an output of its own, bring the channels to one range in the model (and scale them back "
    "in the app), or try int16x8; "
)


@dataclass(frozen=True)
class Tolerance:
    """The largest error that passes, from the field or from the `mode` (None for a recipe). Without
    `judges`, all pass."""

    value: float
    mode: str | None
    from_field: bool
    # The ops of the model that draw random numbers, which no two runs agree in.
    random_ops: tuple[str, ...] = ()
    judges: bool = True

    @property
    def of_channel(self) -> float:
        """The largest error of one channel."""
        return self.value * CHANNEL_TOLERANCE

    @property
    def share(self) -> float:
        """The largest share of integers, or of firm decisions, that may differ."""
        return self.value * DECISIONS_TOLERANCE

    @property
    def blame(self) -> dict[str, Any]:
        if self.from_field:
            return {"field": "verify_tolerance", "value": self.value}
        return {"field": "quantization", "value": self.mode}

    @property
    def fix(self) -> str:
        return self.fixing(_FIXES.get(self.mode or "", _RECIPE_FIX))

    def fixing(self, first: str) -> str:
        """A fix that begins with `first`."""
        if self.random_ops:
            return (
                f"The model draws random numbers, by {', '.join(self.random_ops)}, so that two runs "
                "differ. Export it for inference, with `training=False` in every call of a layer or "
                "model of your own, or take the numbers as an input."
            )
        return f"{first}set `verify_tolerance` higher where so large a difference is harmless."


@dataclass(frozen=True)
class Outputs:
    """What a signature should yield and does, by name, as arrays of shape (N, …); the samples' labels
    if there are any; and the names of the outputs that are computed as scores between 0 and 1."""

    signature: str
    expected: Mapping[str, np.ndarray]
    actual: Mapping[str, np.ndarray]
    labels: np.ndarray | None = None
    scores: Collection[str] = ()


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


def check_outputs(outputs: Outputs, tolerance: Tolerance) -> list[OutputCheck]:
    """Compares the outputs of a signature.

    Raises Mistake for the one that is farthest beyond the tolerance.
    """
    checks = []
    for name in sorted(outputs.expected):
        expected, actual = outputs.expected[name], outputs.actual[name]
        if expected.shape != actual.shape:
            raise Mistake(
                f"the output `{name}` (signature `{outputs.signature}`) has the shape "
                f"{list(actual.shape)} for {len(expected)} samples, the SavedModel's "
                f"has {list(expected.shape)}",
                **{**tolerance.blame, "fix": "Give the exported function fixed shapes."},
            )
        if expected.size:
            checks.append(_check_output(outputs, name, tolerance))
    excesses = [excess for check in checks for excess in _excesses(check, tolerance)]
    if excesses and tolerance.judges:
        raise max(excesses, key=lambda excess: excess.factor).mistake(tolerance)
    return checks


def _check_output(outputs: Outputs, name: str, tolerance: Tolerance) -> OutputCheck:
    expected, actual = outputs.expected[name], outputs.actual[name]
    classes = are_scores(expected)
    deviation = compare(expected, actual, scores=name in outputs.scores, classes=classes)
    accuracy = compare_accuracy(expected, actual, outputs.labels)
    decisions = None
    if deviation.spread is not None and (classes or accuracy is not None):
        decisions = compare_decisions(
            expected, actual, tolerance=tolerance.value, spread=deviation.spread
        )
    return OutputCheck(
        signature=outputs.signature,
        name=name,
        measure=deviation.measure,
        error=deviation.error,
        worst=deviation.worst,
        spread=deviation.spread,
        channel=deviation.channel,
        decisions=decisions,
        accuracy=accuracy,
    )


@dataclass(frozen=True)
class _Excess:
    """One measure of an output that is too large, by a `factor` above 1."""

    check: OutputCheck
    factor: float
    text: str
    fix: str | None = None

    def mistake(self, tolerance: Tolerance) -> Mistake:
        worst = self.check.worst
        return Mistake(
            f"the output `{self.check.name}` (signature `{self.check.signature}`) differs from the "
            f"SavedModel's: {self.text}. It is farthest for sample {worst.sample}, at index "
            f"{list(worst.index)}: {_text(worst.actual)} instead of {_text(worst.expected)}",
            fix=tolerance.fix if self.fix is None else tolerance.fixing(self.fix),
            **tolerance.blame,
        )


def _excesses(check: OutputCheck, tolerance: Tolerance) -> Iterator[_Excess]:
    if check.measure == MISMATCHES:
        if check.error > tolerance.share:
            yield _Excess(
                check,
                check.error / tolerance.share,
                f"{check.error:.2%} of its elements are others, where {tolerance.share:.2%} may be",
            )
        return
    if check.error > tolerance.value:
        yield _Excess(
            check,
            check.error / tolerance.value,
            f"the root mean square of its error is {check.error:.4g} of the spread of its values "
            f"({check.spread:.4g}), where {tolerance.value:g} is allowed",
        )
    channel = check.channel
    if channel is not None and channel.error > tolerance.of_channel:
        yield _Excess(
            check,
            channel.error / tolerance.of_channel,
            f"the root mean square of the error of its channel {channel.index} (of dimension "
            f"{channel.axis}) is {channel.error:.4g} of the spread of that channel's values "
            f"({channel.spread:.4g}; {check.spread:.4g} over all channels), where "
            f"{tolerance.of_channel:g} is allowed",
            fix=_fix_of_channel(check, channel, tolerance),
        )
    yield from _wrong_decisions(check, tolerance)


def _fix_of_channel(check: OutputCheck, channel: WorstChannel, tolerance: Tolerance) -> str | None:
    calibrated = tolerance.mode is None or find_mode(tolerance.mode).calibrates
    is_drowned = (check.spread or 0.0) > _DROWNED * channel.spread
    return _SCALE_FIX if calibrated and is_drowned else None


def _wrong_decisions(check: OutputCheck, tolerance: Tolerance) -> Iterator[_Excess]:
    decisions, accuracy = check.decisions, check.accuracy
    if decisions is not None and decisions.differing > tolerance.share * decisions.firm:
        yield _Excess(
            check,
            decisions.differing / (tolerance.share * decisions.firm),
            f"it decides for another class in {decisions.differing} of the {decisions.firm} cases "
            f"that are clear (the best score is more than {decisions.margin:.4g} ahead), where "
            f"{tolerance.share:.2%} may differ",
        )
    if accuracy is not None:
        loss = accuracy.saved_model - accuracy.model
        allowed = most_lost(accuracy, tolerance.share)
        if loss > allowed:
            yield _Excess(
                check,
                loss / allowed if allowed else float("inf"),
                f"it is right for {accuracy.model} of {accuracy.samples} labelled samples, where "
                f"the SavedModel is for {accuracy.saved_model}",
            )


def _text(value: float | str) -> str:
    return repr(value) if isinstance(value, str) else f"{value:g}"
