# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Judges a model's figures by its test's budgets, prints them, and fails if one is exceeded."""

from __future__ import annotations

import sys
from typing import Iterator, Sequence

from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.scoring.judge_protocol import (
    BlamedLayer,
    JudgeRequest,
    RuntimeDifference,
    RuntimeScore,
    Verdict,
    difference_text,
    score_text,
)
from pants_tflite.sandbox.scoring.score_protocol import WorstSample

FAILED_EXIT_CODE = 1
_MOST_LAYERS = 3


def _value_text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value_text, value))}]"
    return str(value)


def sample_lines(samples: Sequence[WorstSample], expected: str, predicted: str) -> Iterator[str]:
    """A table of samples, with these titles for what is right and what the model says."""
    rows = [("sample", expected, predicted, "loss")] + [
        (
            str(sample.index),
            _value_text(sample.label),
            _value_text(sample.prediction),
            f"{sample.loss:.4g}",
        )
        for sample in samples
    ]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        yield "  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths))


def _score_lines(score: RuntimeScore) -> Iterator[str]:
    if score.report.worst:
        yield ""
        yield f"The worst samples on {score.runtime}:"
        expected = "baseline" if score.report.metric == "agreement" else "label"
        yield from sample_lines(score.report.worst, expected, "prediction")


def _difference_lines(difference: RuntimeDifference) -> Iterator[str]:
    yield ""
    yield f"{difference_text(difference)}."
    if difference.worst:
        yield from sample_lines(difference.worst, difference.other, difference.runtime)


def _layer_lines(layers: Sequence[BlamedLayer]) -> Iterator[str]:
    worst, *others = layers[:_MOST_LAYERS]
    yield ""
    yield f"The op that makes most of the error: {_layer_text(worst)}."
    if others:
        yield f"Then {'; '.join(map(_layer_text, others))}."
    yield "Errors are relative to the spread of the float model's values."


def _layer_text(layer: BlamedLayer) -> str:
    where = f" in the layer `{layer.layer}`" if layer.layer else ""
    return (
        f"{layer.op}, which yields `{layer.tensor}`{where}: its own error is {layer.isolated:.3g}, and "
        f"with those before it {layer.accumulated:.3g}"
    )


def verdict_lines(request: JudgeRequest) -> Iterator[str]:
    """All figures with their budgets and, if one is exceeded, what may help to find out why."""
    checks = request.checks()
    for check in checks:
        yield f"{'passed' if check.passed else 'FAILED'}  {check.budget}: {check.figure}"
    has_bad_score = any(not check.passed for check in request.score_checks())
    scores = request.scores
    if not any(check.budget.startswith(("min_score", "max_score=")) for check in checks):
        for score in scores:
            yield f"        {score_text(score.report)}, on {score.runtime}"
    if all(check.passed for check in checks):
        for difference in request.differences:
            if request.max_differing_decisions is None:
                yield f"        {difference_text(difference)}"
        return
    if has_bad_score:
        for score in scores:
            yield from _score_lines(score)
    for difference in request.differences:
        yield from _difference_lines(difference)
    if request.blamed:
        yield from _layer_lines(request.blamed)


def main(request: JudgeRequest) -> None:
    checks = request.checks()
    print("\n".join(verdict_lines(request)))
    write_report(Verdict(checks))
    if not all(check.passed for check in checks):
        sys.exit(FAILED_EXIT_CODE)


if __name__ == "__main__":
    run(main, JudgeRequest)
