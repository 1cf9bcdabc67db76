# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Verifying a model that no runtime but TFLite Micro runs."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.fs import MergeDigests
from pants.engine.unions import UnionRule

from pants_tflite.compat import collect_rules, concurrently, implicitly, merge_digests, rule
from pants_tflite.micro.sandbox.verify_micro_protocol import VerifyMicroRequest
from pants_tflite.micro.tflm.tflm_environment import TflmEnvironmentRequest, find_tflm_environment
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.dataset import StageDatasetRequest, stage_dataset
from pants_tflite.pipeline.micro_only import MicroVerifier
from pants_tflite.pipeline.verify import SEED, VerifiedModel
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program


@dataclass(frozen=True)
class TflmVerifier(MicroVerifier):
    """Asks TFLite Micro."""


@rule(desc="Verify a model with TFLite Micro")
async def verify_with_tflm(request: TflmVerifier) -> VerifiedModel:
    samples, address = request.samples, request.runtime.address
    environment, staged = await concurrently(
        find_tflm_environment(TflmEnvironmentRequest(), **implicitly()),
        stage_dataset(StageDatasetRequest(samples.dataset)),
    )
    digest = await merge_digests(MergeDigests((request.model, staged.digest)))
    result = await run_program(
        RunProgramRequest.create(
            address,
            VerifyMicroRequest(
                model=MODEL_FILE,
                dataset=staged.path,
                dataset_field=samples.field,
                runtime_field=request.runtime.alias,
                custom_ops=request.custom_ops,
                max_samples=samples.count,
                seed=SEED,
            ),
            environment,
            description=f"Verify the model {address} with TFLite Micro",
            input_digest=digest,
        )
    )
    return VerifiedModel(result.digest)


def rules():
    return (*collect_rules(), UnionRule(MicroVerifier, TflmVerifier))
