# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The score of predictions: one cached process, which needs no LiteRT."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, Digest, DigestSubset, MergeDigests, PathGlobs
from pants.engine.process import ProcessCacheScope

from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    digest_subset_to_digest,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.evaluation.runtimes import EvaluatedModel
from pants_tflite.pipeline.dataset import SampledDataset, StageDatasetRequest, stage_dataset
from pants_tflite.sandbox.entry_point_protocol import EntryPointFunction
from pants_tflite.sandbox.evaluation.evaluate_protocol import PREDICTIONS_FILE
from pants_tflite.sandbox.scoring.score_protocol import ScoreReport, ScoreRequest
from pants_tflite.util_rules.environment_processes import PythonEnvironment
from pants_tflite.util_rules.python_environments import (
    ScoringEnvironmentRequest,
    find_scoring_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program

_BASELINE_FOLDER = "__baseline__"


@dataclass(frozen=True)
class UserMetric:
    """A function of the user's, with its sources and the environment that it runs in."""

    function: EntryPointFunction
    digest: Digest
    source_roots: tuple[str, ...]
    environment: PythonEnvironment


@dataclass(frozen=True)
class ScorePredictionsRequest:
    """Asks for the score of one model's predictions, with a metric by its name or a function.

    They are compared with the labels of the `dataset` or, for the metric "agreement", with the
    predictions of a `baseline`. `address` and the fields are blamed for what does not fit.
    """

    address: Address
    predictions: EvaluatedModel
    metric: Optional[str]
    function: Optional[UserMetric] = None
    dataset: Optional[SampledDataset] = None
    baseline: Optional[EvaluatedModel] = None
    output: Optional[str] = None
    top_k: int = 5
    dataset_field: str = "dataset"
    baseline_field: str = "baseline"
    timeout: Optional[int] = None
    cache_scope: ProcessCacheScope = ProcessCacheScope.SUCCESSFUL

    def debug_hint(self) -> str:
        return str(self.address)


@dataclass(frozen=True)
class ScoringProcess:
    """What scores, to be run in whatever way."""

    run: RunProgramRequest


@dataclass(frozen=True)
class ScoredPredictions:
    """`digest` holds `score.json`, which is the `report`."""

    digest: Digest
    report: ScoreReport


@rule
async def prepare_scoring(request: ScorePredictionsRequest) -> ScoringProcess:
    predictions = await digest_subset_to_digest(
        DigestSubset(request.predictions.digest, PathGlobs((PREDICTIONS_FILE,)))
    )
    staged = await stage_dataset(StageDatasetRequest(request.dataset))
    program = ScoreRequest(
        predictions=PREDICTIONS_FILE,
        metric=request.metric,
        dataset=staged.path,
        dataset_field=request.dataset_field,
        baseline_field=request.baseline_field,
        output=request.output,
        top_k=request.top_k,
    )
    digests = [predictions, staged.digest]
    if request.baseline is not None:
        baseline = await digest_subset_to_digest(
            DigestSubset(request.baseline.digest, PathGlobs((PREDICTIONS_FILE,)))
        )
        digests.append(await add_prefix(AddPrefix(baseline, _BASELINE_FOLDER)))
        program = replace(program, baseline=f"{_BASELINE_FOLDER}/{PREDICTIONS_FILE}")
    source_roots: tuple[str, ...] = ()
    if request.function is not None:
        environment, source_roots = request.function.environment, request.function.source_roots
        digests.append(request.function.digest)
        program = replace(program, function=request.function.function)
    else:
        environment = await find_scoring_environment(ScoringEnvironmentRequest(), **implicitly())
    return ScoringProcess(
        RunProgramRequest.create(
            request.address,
            program,
            environment,
            description=f"Score predictions for {request.address}",
            input_digest=await merge_digests(MergeDigests(digests)),
            source_roots=source_roots,
            timeout=request.timeout,
            cache_scope=request.cache_scope,
        )
    )


@rule(desc="Score predictions")
async def score_predictions(request: ScorePredictionsRequest) -> ScoredPredictions:
    scoring = await prepare_scoring(request)
    result = await run_program(scoring.run)
    contents = await get_digest_contents(result.digest)
    return ScoredPredictions(result.digest, find_report(contents, ScoreReport))


def rules():
    return collect_rules()
