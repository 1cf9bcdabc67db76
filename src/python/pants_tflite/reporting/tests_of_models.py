# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The scores that `tflite_test`s ask for, of any model of the same family."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.target import AllTargets

from pants_tflite.compat import collect_rules, concurrently, implicitly, rule
from pants_tflite.evaluation.fields import ModelTestFields
from pants_tflite.evaluation.find_tests import model_tests_among
from pants_tflite.evaluation.model_tests import (
    PredictForTestRequest,
    ScoreForTestRequest,
    TestedModels,
    predict_for_test,
    score_for_test,
)
from pants_tflite.evaluation.models import EvaluatedTarget
from pants_tflite.evaluation.plans import PlanModelTestRequest, plan_model_test
from pants_tflite.evaluation.runtimes import EvaluatedModel
from pants_tflite.evaluation.settings import TestSettings
from pants_tflite.pipeline.dataset import SampledDataset
from pants_tflite.sandbox.reporting.report_protocol import ReportedScore
from pants_tflite.sandbox.scoring.score_protocol import AGREEMENT
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference


@dataclass(frozen=True)
class ScoringTestsRequest:
    """Asks for the tests that score any of these models against labels."""

    models: tuple[Address, ...]


@dataclass(frozen=True)
class ScoringTests:
    """The tests by the order of their addresses, each with that of its model."""

    tests: tuple[tuple[Address, ModelTestFields], ...] = ()

    def of(self, model: Address) -> tuple[ModelTestFields, ...]:
        """The tests on a model; one on another model of the family if it has none of its own."""
        own = tuple(fields for address, fields in self.tests if address == model)
        return own or tuple(fields for _, fields in self.tests[:1])


@dataclass(frozen=True)
class ScoreByTestRequest:
    """Asks for what a test scores a model with, be it the test's own model or another."""

    model: EvaluatedTarget
    fields: ModelTestFields
    is_own: bool


@dataclass(frozen=True)
class ScoredRun:
    """The score is None if the dataset has no labels; `note` says so."""

    dataset: SampledDataset
    predictions: EvaluatedModel
    score: Optional[ReportedScore]
    note: Optional[str] = None


@rule(desc="Find tests of models")
async def find_scoring_tests(request: ScoringTestsRequest, all_targets: AllTargets) -> ScoringTests:
    scoring = [
        each
        for each in model_tests_among(all_targets)
        if each.metric.value not in (None, AGREEMENT) and not each.untrained.value
    ]
    models = await concurrently(
        resolve_reference(ReferenceRequest(each.model, each.model.value or "")) for each in scoring
    )
    return ScoringTests(
        tuple(
            (model.target.address, each)
            for model, each in zip(models, scoring)
            if model.target.address in request.models
        )
    )


@rule
async def score_by_test(request: ScoreByTestRequest) -> ScoredRun:
    fields, settings = request.fields, TestSettings()
    planned = await plan_model_test(PlanModelTestRequest(fields), **implicitly())
    budgets = replace(planned.budgets, runtimes=planned.budgets.runtimes[:1])
    plan = replace(planned, budgets=budgets, baseline=None)
    dataset = plan.dataset
    assert dataset is not None, "a test with a metric has samples"
    predicted = await predict_for_test(
        PredictForTestRequest(fields, plan, TestedModels(request.model, None), settings),
        **implicitly(),
    )
    scored = await score_for_test(ScoreForTestRequest(fields, plan, predicted, settings))
    report = scored.scores[0].report
    score = ReportedScore(
        metric=report.metric,
        dataset=str(dataset.address),
        score=report.score,
        count=report.count,
        higher_is_better=budgets.higher_is_better,
        test=str(fields.address) if request.is_own else None,
        min_score=budgets.min_score if request.is_own else None,
        max_score=budgets.max_score if request.is_own else None,
    )
    return ScoredRun(dataset, predicted.runs[0][1], score)


def rules():
    return collect_rules()
