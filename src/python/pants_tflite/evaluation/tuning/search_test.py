# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The search against models that are made up: what each op loses in which precision, and its bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional

import pytest

from pants_tflite.evaluation.tuning.candidates import Candidate, Kept, OpError, Outcome
from pants_tflite.evaluation.tuning.search import NothingMeets, Search

WEIGHTS = {"float32": 4, "float16": 2, "int16x8": 1, "int8": 1, "dynamic_range": 1, "int16": 1}


@dataclass
class Model:
    """Its score is 1, less what each of its ops loses. `losses` are for int8 weights, and those in
    `ranges` for int8 activations; each op has `sizes` weights."""

    sizes: Mapping[str, int]
    losses: Mapping[str, float] = field(default_factory=dict)
    ranges: Mapping[str, float] = field(default_factory=dict)
    least: float = 0.95
    refused: tuple[str, ...] = ()
    most: int = 10**9
    best_samples: Optional[int] = None

    def loss(self, candidate: Candidate, op: str) -> float:
        precision = {kept.tensor: kept.precision for kept in candidate.kept}.get(op, candidate.mode)
        if precision.startswith("float"):
            return 0.0
        loss = self.losses.get(op, 0.001) * (1 if candidate.per_channel else 20)
        if precision == "int8" and candidate.calibration_samples != self.best_samples:
            loss += self.ranges.get(op, 0.0)
        return loss

    def outcome(self, candidate: Candidate) -> Outcome:
        precisions = {kept.tensor: kept.precision for kept in candidate.kept}
        if set(precisions.values()) & set(self.refused):
            return Outcome(candidate, None, {}, (), refusal="no kernel", is_accurate=False)
        size = sum(
            count * WEIGHTS[precisions.get(op, candidate.mode)] + 4 * candidate.per_channel
            for op, count in self.sizes.items()
        ) + {"dynamic_range": 1, "int8": 2, "int16x8": 3}.get(candidate.mode, 0)
        losses = {op: self.loss(candidate, op) for op in self.sizes}
        score = 1 - sum(losses.values())
        failures: tuple[str, ...] = (
            () if score >= self.least else (f"the score {score} is too low",)
        )
        if size > self.most:
            failures += (f"{size} bytes are too many",)
        ordered = sorted(losses.items(), key=lambda each: (-each[1], each[0]))
        return Outcome(
            candidate,
            size,
            {"score": score},
            failures,
            tuple(OpError("CONV_2D", op, loss, loss >= 0.02) for op, loss in ordered if loss),
            is_accurate=score >= self.least,
        )


def run(model: Model, samples: Optional[int] = 100) -> tuple[Outcome, Search]:
    search = Search(samples)
    asking = search.run()
    try:
        candidates = next(asking)
        while True:
            candidates = asking.send([model.outcome(candidate) for candidate in candidates])
    except StopIteration as done:
        return done.value, search


TEN = {f"op_{index}": 1000 for index in range(10)}


def kept(outcome: Outcome) -> dict[str, str]:
    return {op.tensor: op.precision for op in outcome.candidate.kept}


def test_a_mode_that_meets_the_budgets_is_taken_with_as_few_scales_as_will_do() -> None:
    best, search = run(Model(TEN, least=0.98))
    assert best.candidate == Candidate("dynamic_range")
    assert search.tried[-1].candidate == Candidate("dynamic_range", per_channel=False)
    best, _ = run(Model(TEN, least=0.7))
    assert best.candidate == Candidate("dynamic_range", per_channel=False)


def test_only_the_ops_with_bad_weights_are_kept_in_float16() -> None:
    best, search = run(Model(TEN, losses={"op_3": 0.2, "op_7": 0.1}))
    assert kept(best) == {"op_3": "float16", "op_7": "float16"}
    int8 = next(o for o in search.tried if o.candidate == Candidate("int8"))
    assert best.size is not None and int8.size is not None and best.size <= 1.21 * int8.size
    assert len(search.tried) <= 16


def test_a_bad_range_needs_int16_only() -> None:
    model = Model(TEN, ranges={"op_3": 0.2}, best_samples=1)
    search = Search(100)
    outcome = model.outcome(Candidate("int8"))
    search.best = model.outcome(Candidate("float32"))
    asking = search._with_kept_ops(outcome)
    try:
        candidates = next(asking)
        while True:
            candidates = asking.send([model.outcome(candidate) for candidate in candidates])
    except StopIteration:
        pass
    assert search.best.candidate.mode == "int8"
    assert kept(search.best) == {"op_3": "int16"}


def test_a_refused_precision_is_passed_over() -> None:
    best, _ = run(Model(TEN, losses={"op_3": 0.2}, refused=("float16",)))
    assert kept(best) == {"op_3": "float32"}


def test_ops_that_are_not_needed_go_back() -> None:
    best, search = run(Model(TEN, losses={"op_3": 0.2, "op_7": 0.03}, least=0.95))
    assert kept(best) == {"op_3": "float16"}
    assert any(len(outcome.candidate.kept) == 2 for outcome in search.tried)


def test_more_ops_follow_if_none_stands_out() -> None:
    best, _ = run(Model(TEN, losses={op: 0.015 for op in TEN}))
    assert best.candidate.mode == "dynamic_range"
    assert set(kept(best).values()) == {"float16"}
    assert len(kept(best)) == 7


def test_the_search_ends_at_the_size_of_the_best() -> None:
    best, search = run(Model({"large": 10_000}, losses={"large": 0.3}))
    assert best.candidate.mode == "float16" and not best.candidate.kept
    assert len(search.tried) <= 14


def test_fewer_calibration_samples_may_be_enough() -> None:
    model = Model(TEN, ranges={"op_3": 0.2}, losses={op: 0.0 for op in TEN}, best_samples=50)
    search = Search(100)
    search.best = model.outcome(Candidate("float32"))
    asking = search._with_other_samples(model.outcome(Candidate("int8")))
    candidates = next(asking)
    assert [candidate.calibration_samples for candidate in candidates] == [50, 25]
    with pytest.raises(StopIteration):
        asking.send([model.outcome(candidate) for candidate in candidates])
    assert search.best.candidate.calibration_samples == 50


def test_without_samples_nothing_is_calibrated() -> None:
    _, search = run(Model(TEN), samples=None)
    assert not any(outcome.candidate.calibrates for outcome in search.tried)


def test_budgets_that_float32_does_not_meet() -> None:
    with pytest.raises(NothingMeets) as error:
        run(Model(TEN, least=1.1))
    assert error.value.outcome.candidate.mode == "float32"


def test_nothing_is_tried_twice() -> None:
    _, search = run(Model(TEN, losses={op: 0.02 for op in TEN}))
    candidates = [outcome.candidate for outcome in search.tried]
    assert len(candidates) == len(set(candidates))


def test_a_candidate_in_words() -> None:
    candidate = Candidate("int8", False, 50, (Kept("CONV_2D", "a/Conv", "float16"),))
    assert candidate.describe() == (
        "int8, one scale for each tensor, 50 calibration samples, CONV_2D `a/Conv` in float16"
    )
    assert '"calibration_samples": 50' in candidate.render(float_io=True)


def test_a_budget_of_bytes_that_float32_exceeds() -> None:
    best, _ = run(Model(TEN, losses={"op_3": 0.2}, most=15_000))
    assert kept(best) == {"op_3": "float16"}


def test_a_budget_of_bytes_that_nothing_meets() -> None:
    with pytest.raises(NothingMeets) as error:
        run(Model(TEN, losses={"op_3": 0.2}, most=100))
    assert error.value.outcome.is_accurate
    assert kept(error.value.outcome) == {"op_3": "float16"}
