# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Scores a model's predictions with one metric, or with a function of the user's."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from pants_tflite.sandbox.entry_point import load_function
from pants_tflite.sandbox.entry_point_protocol import EntryPointFunction
from pants_tflite.sandbox.harness import run, user_traceback, users_code, write_report
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.outside_use import reporting_outside_use
from pants_tflite.sandbox.samples.npz_files import LABEL, OUTPUT_PREFIX, read_npz
from pants_tflite.sandbox.scoring.metrics import FUNCTIONS, Compared, Scored
from pants_tflite.sandbox.scoring.score_protocol import ScoreReport, ScoreRequest

_FIELD = "metric"


def read_outputs(path: str) -> dict[str, np.ndarray]:
    """The arrays of `predictions.npz` by the names of outputs."""
    arrays = read_npz(Path(path))
    return {name[len(OUTPUT_PREFIX) :]: array for name, array in arrays.items()}


def read_labels(path: str, count: int, *, field: str) -> np.ndarray:
    """The first `count` labels of a dataset. Raises Mistake, blaming `field`, if it has none."""
    with np.load(path, allow_pickle=False) as archive:
        if LABEL not in archive.files:
            raise Mistake(
                "the dataset has no labels, which the metric compares the predictions with",
                field=field,
                fix="Let its function yield `(sample, label)` pairs.",
            )
        return archive[LABEL][:count]


def find_output(outputs: dict[str, np.ndarray], name: str | None) -> str:
    """The name of the output to score: `name`, or the only one."""
    names = ", ".join(sorted(outputs))
    if name is None and len(outputs) > 1:
        raise Mistake(
            f"the model has several outputs: {names}",
            field="output",
            fix="Name the one to score in `output`.",
        )
    if name is not None and name not in outputs:
        raise Mistake(
            f"the model has no such output; it has {names}",
            field="output",
            value=name,
            fix="Name one of them in `output`.",
        )
    return name or next(iter(outputs))


def check_finite(name: str, output: np.ndarray) -> None:
    """Raises Mistake if an output has values that are not numbers: no comparison means anything."""
    if output.dtype.kind != "f" or np.isfinite(output).all():
        return
    sample = int(np.argwhere(~np.isfinite(output))[0][0])
    raise Mistake(
        f"the model yields NaN or infinity in the output `{name}`, first for sample {sample}",
        field="model",
        fix="Fix the model, or leave out samples that it is not made for.",
    )


def call_metric(function: EntryPointFunction, predictions: Any, labels: np.ndarray) -> float:
    """What the user's function returns. Raises Mistake if it raises, or returns no finite number."""
    blame: dict[str, Any] = {"field": _FIELD, "value": function.field_value}
    try:
        metric = load_function(function)
    except Mistake as error:
        error.field = _FIELD
        raise
    try:
        with users_code():
            result = metric(predictions, labels)
    except BaseException as error:
        raise Mistake(
            f"{function} raised {type(error).__name__}: {error}",
            fix="Fix the function, which is called with predictions and labels; the traceback is below.",
            detail=user_traceback(error, below=__file__),
            **blame,
        ) from error
    try:
        # An array of one number, or a tensor, serves as well.
        score = float(np.asarray(result).reshape(()))
    except (TypeError, ValueError) as error:
        raise Mistake(
            f"{function} returned `{type(result).__name__}`, and not a number",
            fix="Return one number for all samples: a `float`.",
            **blame,
        ) from error
    if not math.isfinite(score):
        raise Mistake(
            f"{function} returned {score}, which is neither better nor worse than any budget",
            fix="Return a finite number. Often a mean over no samples, or a division by 0, yields NaN.",
            **blame,
        )
    return score


def score_with_function(
    request: ScoreRequest, function: EntryPointFunction, outputs: dict[str, np.ndarray]
) -> ScoreReport:
    count = len(next(iter(outputs.values())))
    assert request.dataset is not None, "a function gets labels"
    labels = read_labels(request.dataset, count, field=request.dataset_field)
    name: str | None = None
    predictions: Any = outputs
    if request.output is not None or len(outputs) == 1:
        name = find_output(outputs, request.output)
        predictions = outputs[name]
    for key, output in outputs.items():
        if name in (None, key):
            check_finite(key, output)
    with reporting_outside_use():
        score = call_metric(function, predictions, labels)
    return ScoreReport(metric=function.field_value, score=score, count=count, output=name)


def score_with_metric(
    request: ScoreRequest, metric: str, outputs: dict[str, np.ndarray]
) -> ScoreReport:
    name = find_output(outputs, request.output)
    output = outputs[name]
    check_finite(name, output)
    if request.baseline is not None:
        baseline = read_outputs(request.baseline)
        field = request.baseline_field
        if name not in baseline:
            raise Mistake(
                f"the baseline has no output `{name}`; it has {', '.join(sorted(baseline))}",
                field=field,
                fix="Name a model of the same outputs as the baseline.",
            )
        expected = baseline[name]
        check_finite(name, expected)
    else:
        assert request.dataset is not None, "there is nothing to compare with"
        field = request.dataset_field
        expected = read_labels(request.dataset, len(output), field=field)
    scored: Scored = FUNCTIONS[metric](
        Compared(name, output, expected, field=field, top_k=request.top_k)
    )
    return ScoreReport(
        metric=metric,
        score=scored.score,
        count=len(output),
        output=name,
        decisions=scored.decisions,
        wrong=scored.wrong,
        worst=scored.worst[: request.worst_samples],
    )


def main(request: ScoreRequest) -> None:
    outputs = read_outputs(request.predictions)
    if request.function is not None:
        report = score_with_function(request, request.function, outputs)
    else:
        assert request.metric is not None, "there is a metric or a function"
        report = score_with_metric(request, request.metric, outputs)
    write_report(report)
    print(f"{report.metric}: {report.score:g} on {report.count} samples")


if __name__ == "__main__":
    run(main, ScoreRequest)
