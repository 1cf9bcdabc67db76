# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""One candidate of a search: built, verified, and judged by the tests on its model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Optional

from pants.util.frozendict import FrozenDict

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    implicitly,
    rule,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.evaluation.budgets import ModelTestFields
from pants_tflite.evaluation.model_tests import (
    MeasureForTestRequest,
    PredictForTestRequest,
    ScoreForTestRequest,
    TestedModels,
    TestScores,
    TestSettings,
    measure_for_test,
    predict_for_test,
    score_for_test,
    to_judge,
)
from pants_tflite.evaluation.models import (
    EvaluatedTarget,
    EvaluatedTargetRequest,
    PrepareEvaluationRequest,
    build_evaluated_target,
    prepare_evaluation,
)
from pants_tflite.evaluation.plans import PlanModelTestRequest, plan_model_test
from pants_tflite.evaluation.tuning.candidates import Candidate, OpError, Outcome
from pants_tflite.evaluation.tuning.conversion import (
    CandidateErrorsRequest,
    CandidateRequest,
    TunedModel,
    convert_candidate,
    find_candidate_errors,
    first_line,
)
from pants_tflite.pipeline.build import BuildModelRequest, build_model
from pants_tflite.sandbox.scoring.judge_protocol import JudgeRequest


@dataclass(frozen=True)
class BuildCandidateRequest:
    """Asks for a candidate as a model that tests can run."""

    tuned: TunedModel
    candidate: Candidate


@dataclass(frozen=True)
class BuiltCandidate:
    """`model` is None if verification does not let it pass; `refusal` says why."""

    model: Optional[EvaluatedTarget]
    refusal: Optional[str] = None


@dataclass(frozen=True)
class JudgeCandidateRequest:
    """Asks for the figures of a model in one of the tests on it, next to their budgets."""

    fields: ModelTestFields
    model: EvaluatedTarget


@dataclass(frozen=True)
class JudgedCandidate:
    judged: JudgeRequest


@dataclass(frozen=True)
class TryCandidateRequest:
    """Asks what comes of a candidate in the `tests`."""

    tuned: TunedModel
    candidate: Candidate
    tests: tuple[ModelTestFields, ...]

    def debug_hint(self) -> str:
        return f"{self.tuned.field_set.address}: {self.candidate.describe()}"


@dataclass(frozen=True)
class TriedCandidate:
    """`model` is the candidate as tests run it, if it can be made."""

    outcome: Outcome
    model: Optional[EvaluatedTarget] = None


@rule
async def build_candidate(request: BuildCandidateRequest) -> BuiltCandidate:
    field_set = request.tuned.field_set
    try:
        built = await build_model(
            BuildModelRequest(field_set, quantization=request.tuned.quantization(request.candidate))
        )
    except TfLiteError as error:
        return BuiltCandidate(None, first_line(error))
    return BuiltCandidate(
        await prepare_evaluation(PrepareEvaluationRequest(built, field_set.custom_ops))
    )


@rule
async def judge_candidate(request: JudgeCandidateRequest) -> JudgedCandidate:
    fields, settings = request.fields, TestSettings()
    plan = await plan_model_test(PlanModelTestRequest(fields), **implicitly())
    baseline: Optional[EvaluatedTarget] = None
    if plan.baseline is not None:
        baseline = await build_evaluated_target(EvaluatedTargetRequest(plan.baseline))
    models = TestedModels(request.model, baseline)
    scores = TestScores()
    if plan.has_score:
        predictions = await predict_for_test(
            PredictForTestRequest(fields, plan, models, settings),
            **implicitly(),
        )
        scores = await score_for_test(ScoreForTestRequest(fields, plan, predictions, settings))
    measured = await measure_for_test(MeasureForTestRequest(fields, plan, models), **implicitly())
    return JudgedCandidate(to_judge(plan, models, scores, measured))


def figures_of(fields: ModelTestFields, judged: JudgeRequest) -> Mapping[str, float]:
    """What a test's metric says, by names that tell it from other tests' figures."""
    name = fields.address.target_name
    return {
        f"{name}: {score.report.metric} on {score.runtime}": score.report.score
        for score in judged.scores
    }


def failures_of(fields: ModelTestFields, judged: JudgeRequest) -> tuple[str, ...]:
    """The budgets that are not met, without their figures: some are times."""
    return tuple(
        f"{fields.address.target_name} wants {check.budget}"
        for check in judged.checks()
        if not check.passed
    )


@rule(desc="Try a candidate")
async def try_candidate(request: TryCandidateRequest) -> TriedCandidate:
    tuned, candidate = request.tuned, request.candidate
    converted = await convert_candidate(CandidateRequest(tuned, candidate))
    if converted.refusal is not None:
        return TriedCandidate(Outcome(candidate, None, FrozenDict(), (), refusal=converted.refusal))
    built = await build_candidate(BuildCandidateRequest(tuned, candidate))
    figures: dict[str, float] = {}
    failures: tuple[str, ...] = ()
    is_accurate = built.model is not None
    if built.model is None:
        failures = (f"verification: {built.refusal}",)
    else:
        judged = await concurrently(
            judge_candidate(
                JudgeCandidateRequest(fields, built.model),
                **implicitly(),
            )
            for fields in request.tests
        )
        for fields, each in zip(request.tests, judged):
            figures.update(figures_of(fields, each.judged))
            failures += failures_of(fields, each.judged)
            is_accurate &= all(check.passed for check in each.judged.score_checks())
    errors: tuple[OpError, ...] = ()
    if not is_accurate and candidate.is_quantized:
        found = await find_candidate_errors(CandidateErrorsRequest(tuned, candidate, converted))
        errors = found.errors
    outcome = Outcome(
        candidate,
        converted.size,
        FrozenDict(figures),
        failures,
        errors,
        is_accurate=is_accurate,
    )
    return TriedCandidate(outcome, built.model)


def rules():
    return collect_rules()
