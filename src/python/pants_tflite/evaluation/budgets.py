# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The fields of a `tflite_test`, checked against each other before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, Optional

from pants_tflite.errors import Mistake
from pants_tflite.evaluation.fields import ModelTestFields
from pants_tflite.fields import NumberField
from pants_tflite.sandbox.scoring.score_protocol import (
    AGREEMENT,
    METRIC_NAMES,
    Metric,
    find_metric,
)


@dataclass(frozen=True)
class Budgets:
    """A test's budgets; None is no limit. `metric` is None for a function of the user's, and if the score
    is not tested at all. `runtimes` begin with the one that the others are compared with."""

    metric: Optional[Metric]
    higher_is_better: bool
    runtimes: tuple[str, ...]
    min_score: Optional[float]
    max_score: Optional[float]
    max_score_drop: Optional[float]
    max_size: Optional[int]
    max_arena: Optional[int]
    max_latency_ratio: Optional[float]
    max_differing_decisions: Optional[int]

    @property
    def decides(self) -> bool:
        """Whether the metric is about decisions, which can be counted."""
        return self.metric is not None and self.metric.decides

    @classmethod
    def create(cls, fields: ModelTestFields) -> Budgets:
        """Raises for what is no budget, no model can exceed, or none can meet."""
        budgets = cls(
            metric=_metric(fields),
            higher_is_better=_higher_is_better(fields),
            runtimes=_runtimes(fields),
            min_score=fields.min_score.checked,
            max_score=fields.max_score.checked,
            max_score_drop=fields.max_score_drop.checked,
            max_size=fields.max_size.bytes,
            max_arena=fields.max_arena.bytes,
            max_latency_ratio=fields.max_latency_ratio.checked,
            max_differing_decisions=fields.max_differing_decisions.checked,
        )
        fields.top_k.check()
        _check_scores(fields, budgets)
        _check_baseline(fields)
        _check_decisions(fields, budgets)
        _check_any(fields)
        return budgets


def _metric(fields: ModelTestFields) -> Optional[Metric]:
    field = fields.metric
    if field.value is None or field.names_function:
        return None
    if field.value not in METRIC_NAMES:
        raise Mistake.of(
            field,
            message="there is no such metric",
            fix=(
                f"Choose one of {', '.join(METRIC_NAMES)}, or name a function of yours, as in "
                '`metric="metrics.py:score"`.'
            ),
        )
    return find_metric(field.value)


def _higher_is_better(fields: ModelTestFields) -> bool:
    metric = _metric(fields)
    if metric is not None:
        return metric.higher_is_better
    return fields.max_score.value is None or fields.min_score.value is not None


def _runtimes(fields: ModelTestFields) -> tuple[str, ...]:
    runtimes = fields.runtimes.checked
    if not runtimes or len(set(runtimes)) < len(runtimes):
        raise Mistake.of(
            fields.runtimes,
            message="no runtime is named" if not runtimes else "a runtime is named twice",
            fix="Name each once, or leave `runtimes` out for litert.",
        )
    return runtimes


def _check_scores(fields: ModelTestFields, budgets: Budgets) -> None:
    given = fields.score_budgets
    if fields.untrained.value and (given or fields.metric.value is not None):
        field = given[0] if given else fields.metric
        raise Mistake.of(
            field,
            message="an untrained model has no score that says anything",
            fix=(
                "Test the size, arena and latency of an untrained model only, and its score in another "
                "`tflite_test` without `untrained`."
            ),
        )
    if given and fields.metric.value is None:
        raise Mistake.of(
            given[0],
            message="there is no metric whose score it would limit",
            fix=f"Give a `metric`: one of {', '.join(METRIC_NAMES)}, or a function of yours.",
        )
    if (
        fields.metric.value is not None
        and not given
        and fields.max_differing_decisions.value is None
    ):
        raise Mistake.of(
            fields.metric,
            message="nothing is asked of the score",
            fix="Give a budget: `min_score`, `max_score` or `max_score_drop`.",
        )
    if fields.metric.value is not None and fields.dataset.value is None:
        raise Mistake.of(
            fields.dataset,
            message="there are no samples to score the model on",
            fix="Declare a `tflite_dataset`, and name it in `dataset`.",
        )
    if budgets.metric is not None:
        _check_range(fields, budgets, budgets.metric)
    drop = budgets.max_score_drop
    if drop is not None and drop < 0:
        raise Mistake.of(
            fields.max_score_drop,
            message="a drop is how much worse than the baseline the score may be, and is not negative",
            fix="Give 0 for a score that is at least as good, or a positive number.",
        )
    low, high = budgets.min_score, budgets.max_score
    if low is not None and high is not None and low > high:
        raise Mistake.of(
            fields.min_score,
            message=f"no score is at least {low:g} and at most {high:g}",
            fix="Give a `min_score` below the `max_score`, or only one of them.",
        )


def _check_range(fields: ModelTestFields, budgets: Budgets, metric: Metric) -> None:
    """Raises if a budget is on the wrong side, or the best score misses it, or the worst meets it."""
    wrong: NumberField = fields.max_score
    right: NumberField = fields.min_score
    if not metric.higher_is_better:
        wrong, right = right, wrong
    if wrong.value is not None:
        better = "higher" if metric.higher_is_better else "lower"
        raise Mistake.of(
            wrong,
            message=f"the score of `{metric.name}` is better if it is {better}",
            fix=f"Give `{right.alias}` instead.",
        )
    limit = right.checked
    if limit is not None:
        is_better = limit > metric.best if metric.higher_is_better else limit < metric.best
        if is_better:
            percent = ""
            if metric.higher_is_better and limit <= 100:
                percent = f" {limit:g} % is {limit / 100:g}."
            raise Mistake.of(
                right,
                message=f"no model meets it: the best score of `{metric.name}` is {metric.best:g}",
                fix=f"Give a score that a model can have.{percent}",
            )
        if metric.worst is not None and limit <= metric.worst:
            _cannot_fail(right, f"the worst score of `{metric.name}` is {metric.worst:g}")
    drop = fields.max_score_drop.checked
    if drop is not None and metric.worst is not None and drop >= metric.best - metric.worst:
        _cannot_fail(
            fields.max_score_drop,
            f"the score of `{metric.name}` is between {metric.worst:g} and {metric.best:g}",
        )


def _cannot_fail(field: NumberField, why: str) -> NoReturn:
    raise Mistake.of(
        field,
        message=f"every model meets it: {why}",
        fix=f"Give a budget that a bad model exceeds, or leave `{field.alias}` out.",
    )


def _check_baseline(fields: ModelTestFields) -> None:
    is_agreement = fields.metric.value == AGREEMENT
    users = [
        field.alias
        for field in (fields.max_score_drop, fields.max_latency_ratio)
        if field.value is not None
    ]
    if is_agreement and fields.max_score_drop.value is not None:
        raise Mistake.of(
            fields.max_score_drop,
            message=f"the baseline agrees with itself, so that `{AGREEMENT}` is no worse than its own",
            fix="Give `min_score`: the share of decisions that must be the baseline's.",
        )
    if fields.baseline.value is None and (users or is_agreement):
        user = f"`{users[0]}`" if users else f'`metric="{AGREEMENT}"`'
        raise Mistake.of(
            fields.baseline,
            message=f"{user} compares with a baseline, and there is none",
            fix='Name a model, such as `baseline=":tflite@quantization=float32"`.',
        )
    if fields.baseline.value is not None and not users and not is_agreement:
        raise Mistake.of(
            fields.baseline,
            message="nothing is compared with it",
            fix=(
                'Give `max_score_drop` or `max_latency_ratio`, choose `metric="agreement"`, or leave '
                "`baseline` out."
            ),
        )


def _check_decisions(fields: ModelTestFields, budgets: Budgets) -> None:
    field = fields.max_differing_decisions
    if field.value is None:
        return
    if not budgets.decides:
        raise Mistake.of(
            field,
            message="the metric is not about decisions of a classifier",
            fix="Choose a metric of classifiers, such as accuracy, or leave it out.",
        )
    if len(budgets.runtimes) < 2:
        raise Mistake.of(
            field,
            message="there is one runtime only, whose decisions differ from no other's",
            fix='Name several, such as `runtimes=["litert", "reference"]`.',
        )


def _check_any(fields: ModelTestFields) -> None:
    limits = (fields.max_size, fields.max_arena, fields.max_latency_ratio)
    given = [*fields.score_budgets, fields.max_differing_decisions, *limits]
    if all(field.value is None for field in given):
        names = ", ".join(
            f"`{alias}`"
            for alias in ("min_score", "max_score", "max_score_drop", *(f.alias for f in limits))
        )
        raise Mistake(
            message="the test has no budget, so that every model passes it",
            fix=f"Give at least one of {names}.",
        ).at(fields.address)
