# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `judge` is asked: the figures of a test, and their budgets. The plugin judges by it, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Iterator, Optional

from pants_tflite.sandbox.protocol import Message, left_out
from pants_tflite.sandbox.scoring.score_protocol import ScoreReport, WorstSample

# Scores are sums of rounded numbers: a budget of 0.95 is met by 0.95 less a rounding error.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class RuntimeScore:
    """A model's score on one runtime."""

    runtime: str
    report: ScoreReport


@dataclass(frozen=True)
class RuntimeDifference:
    """How many decisions of a model on the `runtime` differ from those on the `other` one, which are the
    labels of the `worst` samples."""

    runtime: str
    other: str
    decisions: int
    differing: int
    worst: tuple[WorstSample, ...]


@dataclass(frozen=True)
class Latency:
    """The medians of calls in turn; the `ratio` is that of the model to the baseline."""

    seconds: float
    baseline_seconds: float
    ratio: float
    rounds: int


@dataclass(frozen=True)
class BlamedLayer:
    """An op that makes the error of a quantized model: `isolated` is its own error, and `accumulated` that
    of all before it as well."""

    op: str
    tensor: str
    layer: str
    isolated: float
    accumulated: float


@dataclass(frozen=True)
class Check:
    """A `budget`, the `figure` that it limits, and whether that passes."""

    budget: str
    figure: str
    passed: bool


def _bytes(size: int) -> str:
    return f"{size:,} bytes"


def _number(number: float) -> str:
    """A score so that two that differ by a sample of thousands look different."""
    return f"{number:.6g}"


def score_text(report: ScoreReport) -> str:
    """A score with how many samples it is for."""
    text = f"{report.metric} is {_number(report.score)} on {report.count:,} samples"
    if report.count == 1:
        text = text[:-1]
    if report.wrong is None:
        return text
    return f"{text} ({report.wrong:,} of {report.decisions:,} decisions wrong)"


@dataclass(frozen=True)
class JudgeRequest(Message):
    """The figures of a test and its budgets; a figure that no budget needs may be None. `blamed` are the
    ops to blame for a bad score, the worst first."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.scoring.judge"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("verdict.json",)

    higher_is_better: bool
    scores: tuple[RuntimeScore, ...]
    baseline: Optional[ScoreReport]
    differences: tuple[RuntimeDifference, ...]
    size: int
    arena: Optional[int]
    latency: Optional[Latency]
    min_score: Optional[float]
    max_score: Optional[float]
    max_score_drop: Optional[float]
    max_size: Optional[int]
    max_arena: Optional[int]
    max_latency_ratio: Optional[float]
    max_differing_decisions: Optional[int]
    blamed: tuple[BlamedLayer, ...] = left_out(())

    def checks(self) -> tuple[Check, ...]:
        """All budgets, in the order of their fields."""
        return (*self.score_checks(), *self._other_checks())

    def score_checks(self) -> Iterator[Check]:
        """The budgets of the score, on each runtime."""
        for score in self.scores:
            value, text = score.report.score, score_text(score.report)
            where = f"on {score.runtime}"
            if self.min_score is not None:
                limit = self.min_score
                passed = value >= limit - _ROUNDING * max(1, abs(limit))
                yield Check(f"min_score={limit:g} {where}", text, passed)
            if self.max_score is not None:
                limit = self.max_score
                passed = value <= limit + _ROUNDING * max(1, abs(limit))
                yield Check(f"max_score={limit:g} {where}", text, passed)
            if self.max_score_drop is not None and self.baseline is not None:
                yield self._check_drop(score, self.baseline, self.max_score_drop)

    def _check_drop(self, score: RuntimeScore, baseline: ScoreReport, limit: float) -> Check:
        value = score.report.score
        drop = baseline.score - value if self.higher_is_better else value - baseline.score
        how = "worse" if drop > 0 else "better"
        figure = (
            f"{score.report.metric} is {_number(value)}, and the baseline's {_number(baseline.score)}: "
            f"{_number(abs(drop))} {how}"
            if drop
            else f"{score.report.metric} is {_number(value)}, the same as the baseline's"
        )
        passed = drop <= limit + _ROUNDING * max(1, abs(baseline.score))
        return Check(f"max_score_drop={limit:g} on {score.runtime}", figure, passed)

    def _other_checks(self) -> Iterator[Check]:
        if self.max_differing_decisions is not None:
            limit = self.max_differing_decisions
            for difference in self.differences:
                yield Check(
                    f"max_differing_decisions={limit} on {difference.runtime}",
                    difference_text(difference),
                    difference.differing <= limit,
                )
        if self.max_size is not None:
            yield Check(
                f"max_size={_bytes(self.max_size)}",
                f"the model has {_bytes(self.size)}",
                self.size <= self.max_size,
            )
        if self.max_arena is not None and self.arena is not None:
            yield Check(
                f"max_arena={_bytes(self.max_arena)}",
                f"the tensor arena takes {_bytes(self.arena)}, with its margin",
                self.arena <= self.max_arena,
            )
        if self.max_latency_ratio is not None and self.latency is not None:
            latency = self.latency
            yield Check(
                f"max_latency_ratio={self.max_latency_ratio:g}",
                f"a call takes {latency.ratio:.3g} times as long as the baseline's: "
                f"{1000 * latency.seconds:.3g} ms against {1000 * latency.baseline_seconds:.3g} ms "
                f"(medians of {latency.rounds} rounds)",
                latency.ratio <= self.max_latency_ratio,
            )


def difference_text(difference: RuntimeDifference) -> str:
    return (
        f"{difference.differing:,} of {difference.decisions:,} decisions on {difference.runtime} "
        f"differ from those on {difference.other}"
    )


@dataclass(frozen=True)
class Verdict(Message):
    """What `judge` found."""

    FILE: ClassVar[str] = "verdict.json"

    checks: tuple[Check, ...]
