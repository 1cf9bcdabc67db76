# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`tflite_test`: a model's figures on all runtimes, judged by the budgets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST
from pants.engine.process import FallibleProcessResult

from pants_tflite.compat import collect_rules, concurrently, implicitly, rule
from pants_tflite.evaluation.arena import MeasureArenaRequest, measure_arena
from pants_tflite.evaluation.blame import BlameLayersRequest, blame_layers
from pants_tflite.evaluation.comparison import check_baseline
from pants_tflite.evaluation.evaluate import EvaluateModelRequest, evaluate_model
from pants_tflite.evaluation.fields import ModelTestFields
from pants_tflite.evaluation.models import (
    EvaluatedTarget,
    EvaluatedTargetRequest,
    build_evaluated_target,
)
from pants_tflite.evaluation.plans import ModelTestPlan, PlanModelTestRequest, plan_model_test
from pants_tflite.evaluation.runtimes import EvaluatedModel
from pants_tflite.evaluation.score import ScorePredictionsRequest, score_predictions
from pants_tflite.evaluation.settings import TestSettings
from pants_tflite.evaluation.timing import TimeTargetsRequest, time_targets
from pants_tflite.sandbox.evaluation.evaluate_protocol import LITERT_RUNTIME
from pants_tflite.sandbox.scoring.judge_protocol import (
    JudgeRequest,
    Latency,
    RuntimeDifference,
    RuntimeScore,
)
from pants_tflite.sandbox.scoring.score_protocol import AGREEMENT, ScoreReport
from pants_tflite.util_rules.environment_processes import (
    ExecuteInEnvironmentRequest,
    execute_in_environment,
)
from pants_tflite.util_rules.python_environments import (
    ScoringEnvironmentRequest,
    find_scoring_environment,
)
from pants_tflite.util_rules.sandbox_programs import (
    PrepareProgramRequest,
    RunProgramRequest,
    prepare_program,
)


@dataclass(frozen=True)
class RunModelTestRequest:
    """Asks for a run of a model's test."""

    fields: ModelTestFields
    settings: TestSettings = TestSettings()

    def debug_hint(self) -> str:
        return str(self.fields.address)


@dataclass(frozen=True)
class ModelTestRun:
    """`process` printed the figures, and ended with 0 if they are within the budgets of `judged`."""

    address: Address
    judged: JudgeRequest
    process: FallibleProcessResult


@dataclass(frozen=True)
class TestedModels:
    """A test's models, built."""

    model: EvaluatedTarget
    baseline: Optional[EvaluatedTarget]

    __test__ = False


@dataclass(frozen=True)
class BuildTestedModelsRequest:
    """Asks for the models of a test, after a look at whether they can be compared."""

    fields: ModelTestFields
    plan: ModelTestPlan


@dataclass(frozen=True)
class PredictForTestRequest:
    """Asks for what a test's models say of its samples."""

    fields: ModelTestFields
    plan: ModelTestPlan
    models: TestedModels
    settings: TestSettings


@dataclass(frozen=True)
class TestPredictions:
    """What the model says on each runtime, in their order, and the baseline on LiteRT."""

    runs: tuple[tuple[str, EvaluatedModel], ...]
    baseline: Optional[EvaluatedModel]

    __test__ = False


@dataclass(frozen=True)
class ScoreForTestRequest:
    """Asks for the scores of predictions, and in how far those of the runtimes differ."""

    fields: ModelTestFields
    plan: ModelTestPlan
    predictions: TestPredictions
    settings: TestSettings


@dataclass(frozen=True)
class TestScores:
    scores: tuple[RuntimeScore, ...] = ()
    baseline: Optional[ScoreReport] = None
    differences: tuple[RuntimeDifference, ...] = ()

    __test__ = False


@dataclass(frozen=True)
class MeasureForTestRequest:
    """Asks for a test's other figures, of those that it limits."""

    fields: ModelTestFields
    plan: ModelTestPlan
    models: TestedModels


@dataclass(frozen=True)
class TestMeasurements:
    arena: Optional[int] = None
    latency: Optional[Latency] = None

    __test__ = False


@rule
async def build_tested_models(request: BuildTestedModelsRequest) -> TestedModels:
    fields, plan = request.fields, request.plan
    targets = [target for target in (plan.model, plan.baseline) if target is not None]
    model, *baselines = await concurrently(
        build_evaluated_target(EvaluatedTargetRequest(target, fields.untrained.value))
        for target in targets
    )
    baseline = baselines[0] if baselines else None
    if baseline is not None:
        check_baseline(fields, model, baseline)
    return TestedModels(model, baseline)


@rule
async def predict_for_test(request: PredictForTestRequest) -> TestPredictions:
    fields, plan, models, settings = (
        request.fields,
        request.plan,
        request.models,
        request.settings,
    )
    dataset = plan.dataset
    assert dataset is not None, "a test of a score has samples"
    asked = [(models.model, runtime) for runtime in plan.budgets.runtimes]
    compared = models.baseline if plan.compares_scores else None
    if compared is not None:
        asked.append((compared, LITERT_RUNTIME))
    evaluated = await concurrently(
        evaluate_model(
            EvaluateModelRequest(
                address=fields.address,
                model=model,
                dataset=dataset,
                runtime=runtime,
                signature=fields.signature.value,
                max_samples=settings.max_samples,
                dataset_field=fields.dataset.alias,
                timeout=settings.timeout,
                cache_scope=settings.cache_scope,
            ),
            **implicitly(),
        )
        for model, runtime in asked
    )
    runs = tuple(zip(plan.budgets.runtimes, evaluated))
    return TestPredictions(runs, evaluated[-1] if compared is not None else None)


def first_scoring(request: ScoreForTestRequest) -> ScorePredictionsRequest:
    """What scores the predictions on the first runtime."""
    fields, plan, predictions = request.fields, request.plan, request.predictions
    budgets, settings = plan.budgets, request.settings
    is_agreement = budgets.metric is not None and not budgets.metric.has_labels
    return ScorePredictionsRequest(
        address=fields.address,
        predictions=predictions.runs[0][1],
        metric=budgets.metric.name if budgets.metric else None,
        function=plan.metric,
        dataset=None if is_agreement else plan.dataset,
        baseline=predictions.baseline if is_agreement else None,
        output=fields.output.value,
        top_k=fields.top_k.checked,
        timeout=settings.timeout,
        cache_scope=settings.cache_scope,
    )


@rule
async def score_for_test(request: ScoreForTestRequest) -> TestScores:
    predictions, budgets = request.predictions, request.plan.budgets
    first_runtime, first = predictions.runs[0]
    base = first_scoring(request)
    asked = [replace(base, predictions=run) for _, run in predictions.runs]
    # The metric "agreement" compares with it, and gives it no score of its own.
    has_baseline = predictions.baseline is not None and base.baseline is None
    if has_baseline and predictions.baseline is not None:
        asked.append(replace(base, predictions=predictions.baseline))
    others = predictions.runs[1:] if budgets.decides else ()
    differing = replace(
        base, metric=AGREEMENT, function=None, dataset=None, baseline=first, baseline_field="model"
    )
    asked += [replace(differing, predictions=run) for _, run in others]
    scored = await concurrently(score_predictions(each) for each in asked)
    reports = [each.report for each in scored]
    count = len(predictions.runs)
    return TestScores(
        scores=tuple(
            RuntimeScore(runtime, report) for (runtime, _), report in zip(predictions.runs, reports)
        ),
        baseline=reports[count] if has_baseline else None,
        differences=tuple(
            RuntimeDifference(
                runtime=runtime,
                other=first_runtime,
                decisions=report.decisions or 0,
                differing=report.wrong or 0,
                worst=report.worst,
            )
            for (runtime, _), report in zip(others, reports[len(reports) - len(others) :])
        ),
    )


@rule
async def measure_for_test(request: MeasureForTestRequest) -> TestMeasurements:
    fields, plan, models = request.fields, request.plan, request.models
    budgets, arena, latency = plan.budgets, None, None
    if budgets.max_arena is not None:
        measured = await measure_arena(
            MeasureArenaRequest(fields.address, models.model, fields.max_arena.alias),
            **implicitly(),
        )
        arena = measured.bytes
    if budgets.max_latency_ratio is not None and models.baseline is not None:
        timed = await time_targets(
            TimeTargetsRequest(
                address=fields.address,
                models=(models.model, models.baseline),
                dataset=plan.dataset,
                dataset_field=fields.dataset.alias,
                signature=fields.signature.value,
            )
        )
        report = timed.report
        assert report.ratio is not None
        seconds, baseline_seconds = report.median_seconds
        latency = Latency(seconds, baseline_seconds, report.ratio, report.rounds)
    return TestMeasurements(arena, latency)


def to_judge(
    plan: ModelTestPlan, models: TestedModels, scores: TestScores, measured: TestMeasurements
) -> JudgeRequest:
    budgets = plan.budgets
    return JudgeRequest(
        higher_is_better=budgets.higher_is_better,
        scores=scores.scores,
        baseline=scores.baseline,
        differences=scores.differences,
        size=models.model.facts.sizes.file,
        arena=measured.arena,
        latency=measured.latency,
        min_score=budgets.min_score,
        max_score=budgets.max_score,
        max_score_drop=budgets.max_score_drop,
        max_size=budgets.max_size,
        max_arena=budgets.max_arena,
        max_latency_ratio=budgets.max_latency_ratio,
        max_differing_decisions=budgets.max_differing_decisions,
    )


@rule(desc="Test a model")
async def run_model_test(request: RunModelTestRequest) -> ModelTestRun:
    fields, settings = request.fields, request.settings
    plan = await plan_model_test(PlanModelTestRequest(fields), **implicitly())
    models = await build_tested_models(BuildTestedModelsRequest(fields, plan))
    scores = TestScores()
    if plan.has_score:
        predictions = await predict_for_test(
            PredictForTestRequest(fields, plan, models, settings),
            **implicitly(),
        )
        scores = await score_for_test(ScoreForTestRequest(fields, plan, predictions, settings))
    measured = await measure_for_test(
        MeasureForTestRequest(fields, plan, models),
        **implicitly(),
    )
    judged = to_judge(plan, models, scores, measured)
    if not all(check.passed for check in judged.score_checks()):
        blamed = await blame_layers(BlameLayersRequest(plan.model))
        judged = replace(judged, blamed=blamed.layers)
    environment = await find_scoring_environment(ScoringEnvironmentRequest(), **implicitly())
    prepared = await prepare_program(
        PrepareProgramRequest(
            RunProgramRequest.create(
                fields.address,
                judged,
                environment,
                description=f"Judge {models.model.address} by the budgets of {fields.address}",
                input_digest=EMPTY_DIGEST,
                cache_scope=settings.cache_scope,
            )
        )
    )
    executed = await execute_in_environment(
        ExecuteInEnvironmentRequest(prepared.process, environment), **implicitly()
    )
    return ModelTestRun(fields.address, judged, executed.result)


def rules():
    return collect_rules()
