# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The runtime `micro` of `tflite_test`: TFLite Micro's wheel, which evaluates and measures models."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.fs import MergeDigests
from pants.engine.unions import UnionRule

from pants_tflite.bundles.models import BundleModel
from pants_tflite.compat import collect_rules, concurrently, implicitly, merge_digests, rule
from pants_tflite.errors import Mistake
from pants_tflite.evaluation.runtimes import (
    ArenaMeasurer,
    EvaluatedModel,
    MeasuredArena,
    RuntimeEvaluator,
)
from pants_tflite.micro.measuring.measurement import refusal_text, with_margin
from pants_tflite.micro.measuring.model_reports import ReportModelRequest, report_on_model
from pants_tflite.micro.sandbox.evaluate_micro_protocol import EvaluateMicroRequest
from pants_tflite.micro.tflm.tflm_environment import TflmEnvironmentRequest, find_tflm_environment
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.dataset import StageDatasetRequest, stage_dataset
from pants_tflite.sandbox.constants import ARENA_MARGIN_PERCENT
from pants_tflite.target_types import MICRO
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program


@dataclass(frozen=True)
class TflmEvaluator(RuntimeEvaluator):
    """Asks TFLite Micro."""

    runtime = MICRO


@dataclass(frozen=True)
class TflmArenaMeasurer(ArenaMeasurer):
    """Asks TFLite Micro."""


@rule(desc="Evaluate a model with TFLite Micro")
async def evaluate_with_tflm(request: TflmEvaluator) -> EvaluatedModel:
    environment, staged = await concurrently(
        find_tflm_environment(TflmEnvironmentRequest(), **implicitly()),
        stage_dataset(StageDatasetRequest(request.dataset)),
    )
    assert staged.path is not None
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            EvaluateMicroRequest(
                model=MODEL_FILE,
                dataset=staged.path,
                dataset_field=request.dataset_field,
                signature=request.signature,
                max_samples=request.max_samples,
            ),
            environment,
            description=f"Evaluate a model of {request.address} with TFLite Micro",
            input_digest=await merge_digests(MergeDigests((request.model, staged.digest))),
            timeout=request.timeout,
            cache_scope=request.cache_scope,
        )
    )
    return EvaluatedModel(result.digest)


@rule(desc="Measure the arena of a model with TFLite Micro")
async def measure_arena_with_tflm(request: TflmArenaMeasurer) -> MeasuredArena:
    model = BundleModel(
        name=request.model_address.target_name,
        address=request.model_address,
        digest=request.model,
        description=request.description,
    )
    report = await report_on_model(ReportModelRequest(model))
    measurement = report.measurement
    if measurement.refusal is not None:
        raise Mistake(
            message=(
                f"TFLite Micro {measurement.measured_on.version} does not run {model.address}: "
                f"{refusal_text(measurement.refusal)}"
            ),
            fix=(
                f"Leave `{request.field}` out, or convert the model in another mode or with other ops."
            ),
            field=request.field,
        ).at(request.address)
    assert measurement.arena is not None and measurement.arena.smallest is not None
    return MeasuredArena(with_margin(measurement.arena.smallest, ARENA_MARGIN_PERCENT))


def rules():
    return (
        *collect_rules(),
        UnionRule(ArenaMeasurer, TflmArenaMeasurer),
        UnionRule(RuntimeEvaluator, TflmEvaluator),
    )
