# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a model is worth on samples: its scores, and samples to look at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Optional

from pants.engine.fs import DigestSubset, MergeDigests, PathGlobs
from pants.engine.target import Target

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.evaluation.evaluate import EvaluateModelRequest, evaluate_model
from pants_tflite.evaluation.models import EvaluatedTarget
from pants_tflite.evaluation.runtimes import EvaluatedModel
from pants_tflite.evaluation.score import ScorePredictionsRequest, score_predictions
from pants_tflite.pipeline.dataset import (
    DatasetReferenceRequest,
    SampledDataset,
    StageDatasetRequest,
    sample_referenced_dataset,
    stage_dataset,
)
from pants_tflite.pipeline.label_files import Labels
from pants_tflite.reporting.names import in_short
from pants_tflite.reporting.tests_of_models import (
    ScoreByTestRequest,
    ScoredRun,
    ScoringTests,
    score_by_test,
)
from pants_tflite.sandbox.evaluation.evaluate_protocol import PREDICTIONS_FILE
from pants_tflite.sandbox.reporting.report_protocol import ReportedScore
from pants_tflite.sandbox.reporting.show_samples_protocol import ShownSamples, ShowSamplesRequest
from pants_tflite.sandbox.samples.sample_dataset_protocol import ArrayInfo, DatasetReport
from pants_tflite.sandbox.scoring.score_protocol import find_metric
from pants_tflite.target_types import VerifyDatasetField
from pants_tflite.util_rules.python_environments import (
    ReportEnvironmentRequest,
    find_report_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program


@dataclass(frozen=True)
class ScoreModelRequest:
    """Asks for the scores of a model, and for so many samples with its predictions: by the tests of its
    family or, if there are none, on the dataset that verifies it."""

    target: Target
    model: EvaluatedTarget
    tests: ScoringTests
    class_names: Labels
    shown: int


@dataclass(frozen=True)
class ScoreByDefaultRequest:
    """Asks for the score of a model without a test, on the dataset that verifies it."""

    model: EvaluatedTarget
    dataset: SampledDataset


@dataclass(frozen=True)
class ScoredRuns:
    runs: tuple[ScoredRun, ...]


@dataclass(frozen=True)
class ScoredModel:
    """`samples` is None if there is no dataset; `notes` say why something is not there."""

    scores: tuple[ReportedScore, ...] = ()
    samples: Optional[ShownSamples] = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShowPredictionsRequest:
    """Asks for samples of a dataset with what a model says of them."""

    model: EvaluatedTarget
    dataset: SampledDataset
    predictions: EvaluatedModel
    class_names: Labels
    shown: int


@dataclass(frozen=True)
class ShownPredictions:
    samples: ShownSamples


@dataclass(frozen=True)
class DatasetLabelsRequest:
    dataset: SampledDataset


@dataclass(frozen=True)
class DatasetLabels:
    """None for a dataset without labels."""

    labels: Optional[ArrayInfo]


def default_metric(labels: ArrayInfo) -> str:
    """What a model is scored with if no test says it: whole numbers are those of classes."""
    return "mae" if labels.dtype.startswith("float") else "accuracy"


@rule
async def find_dataset_labels(request: DatasetLabelsRequest) -> DatasetLabels:
    digest = await digest_subset_to_digest(
        DigestSubset(request.dataset.digest, PathGlobs((DatasetReport.FILE,)))
    )
    return DatasetLabels(find_report(await get_digest_contents(digest), DatasetReport).labels)


@rule
async def show_predictions(request: ShowPredictionsRequest) -> ShownPredictions:
    predictions = await digest_subset_to_digest(
        DigestSubset(request.predictions.digest, PathGlobs((PREDICTIONS_FILE,)))
    )
    staged = await stage_dataset(StageDatasetRequest(request.dataset))
    environment = await find_report_environment(ReportEnvironmentRequest(), **implicitly())
    assert staged.path is not None
    address = request.model.address
    result = await run_program(
        RunProgramRequest.create(
            address,
            ShowSamplesRequest(
                dataset=staged.path,
                predictions=os.path.basename(PREDICTIONS_FILE),
                labels=request.class_names.labels,
                limit=request.shown,
            ),
            environment,
            description=f"Pick samples for the report on {address}",
            input_digest=await merge_digests(MergeDigests((predictions, staged.digest))),
        )
    )
    return ShownPredictions(find_report(await get_digest_contents(result.digest), ShownSamples))


@rule
async def score_by_default(request: ScoreByDefaultRequest) -> ScoredRun:
    model, dataset, field = request.model, request.dataset, VerifyDatasetField.alias
    predictions = await evaluate_model(
        EvaluateModelRequest(
            address=model.address, model=model, dataset=dataset, dataset_field=field
        ),
        **implicitly(),
    )
    known = await find_dataset_labels(DatasetLabelsRequest(dataset))
    if known.labels is None:
        note = f"It has no score: the dataset {dataset.address} has no labels."
        return ScoredRun(dataset, predictions, None, note)
    metric = default_metric(known.labels)
    scored = await score_predictions(
        ScorePredictionsRequest(
            address=model.address,
            predictions=predictions,
            metric=metric,
            dataset=dataset,
            dataset_field=field,
        )
    )
    score = ReportedScore(
        metric=metric,
        dataset=str(dataset.address),
        score=scored.report.score,
        count=scored.report.count,
        higher_is_better=find_metric(metric).higher_is_better,
        test=None,
        min_score=None,
        max_score=None,
    )
    return ScoredRun(dataset, predictions, score)


@rule
async def run_for_scores(request: ScoreModelRequest) -> ScoredRuns:
    model, address = request.model, request.model.address
    tests = request.tests.of(address)
    if tests:
        own = {fields for tested, fields in request.tests.tests if tested == address}
        runs = await concurrently(
            score_by_test(ScoreByTestRequest(model, fields, is_own=fields in own), **implicitly())
            for fields in tests
        )
        return ScoredRuns(tuple(runs))
    field = request.target[VerifyDatasetField]
    if field.value is None:
        return ScoredRuns(())
    dataset = await sample_referenced_dataset(DatasetReferenceRequest(field))
    run = await score_by_default(ScoreByDefaultRequest(model, dataset), **implicitly())
    return ScoredRuns((run,))


@rule(desc="Score a model for a report")
async def score_model(request: ScoreModelRequest) -> ScoredModel:
    model = request.model
    if model.micro_only:
        return ScoredModel(notes=("LiteRT refuses the model, so that it has no score here.",))
    try:
        scored = await run_for_scores(request, **implicitly())
    except TfLiteError as error:
        return ScoredModel(notes=(f"It has no score: {in_short(error)}",))
    if not scored.runs:
        note = "It has no score: no `tflite_test` is on it, and it has no `verify_dataset`."
        return ScoredModel(notes=(note,))
    first = scored.runs[0]
    shown = await show_predictions(
        ShowPredictionsRequest(
            model=model,
            dataset=first.dataset,
            predictions=first.predictions,
            class_names=request.class_names,
            shown=request.shown,
        )
    )
    return ScoredModel(
        scores=tuple(run.score for run in scored.runs if run.score is not None),
        samples=shown.samples,
        notes=tuple(run.note for run in scored.runs if run.note is not None),
    )


def rules():
    return collect_rules()
