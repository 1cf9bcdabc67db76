# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""How long models take, called in turn. Times are never cached, and stand in no other artifact."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, Digest, MergeDigests
from pants.engine.process import ProcessCacheScope

from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.evaluation.models import EvaluatedTarget
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.dataset import SampledDataset, StageDatasetRequest, stage_dataset
from pants_tflite.sandbox.evaluation.time_model_protocol import TimedModel
from pants_tflite.sandbox.evaluation.time_models_protocol import TimeModelsRequest, TimingReport
from pants_tflite.util_rules.environment_processes import PythonEnvironment
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program


@dataclass(frozen=True)
class TimeTargetsRequest:
    """Asks how long calls of models take on this machine, on the first sample of a dataset, or on a
    seeded random one. `address` and `dataset_field` are blamed if it does not fit."""

    address: Address
    models: tuple[EvaluatedTarget, ...]
    dataset: Optional[SampledDataset] = None
    dataset_field: str = "dataset"
    signature: Optional[str] = None

    @property
    def tensorflow(self) -> Optional[PythonEnvironment]:
        """The environment of a model that takes ops from TensorFlow, where LiteRT runs as well."""
        return next((model.tensorflow for model in self.models if model.tensorflow), None)


@dataclass(frozen=True)
class TimedTargets:
    """`digest` holds `timings.json`, which is the `report`."""

    digest: Digest
    report: TimingReport


@rule(desc="Time models")
async def time_targets(request: TimeTargetsRequest) -> TimedTargets:
    models = request.models
    folders = [f"__model_{number}__" for number in range(len(models))]
    merged = await concurrently(
        merge_digests(MergeDigests((model.model, model.kernels.digest))) for model in models
    )
    placed = await concurrently(
        add_prefix(AddPrefix(digest, folder)) for digest, folder in zip(merged, folders)
    )
    staged = await stage_dataset(StageDatasetRequest(request.dataset))
    environment = request.tensorflow
    if environment is None:
        environment = await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    program = TimeModelsRequest(
        models=tuple(
            TimedModel(os.path.join(folder, MODEL_FILE), model.kernels.below(folder).kernels)
            for model, folder in zip(models, folders)
        ),
        dataset=staged.path,
        dataset_field=request.dataset_field,
        signature=request.signature,
    )
    names = " against ".join(str(model.address) for model in models)
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            program,
            environment,
            description=f"Time {names}",
            input_digest=await merge_digests(MergeDigests((*placed, staged.digest))),
            cache_scope=ProcessCacheScope.PER_SESSION,
        )
    )
    report = find_report(await get_digest_contents(result.digest), TimingReport)
    return TimedTargets(result.digest, report)


def rules():
    return collect_rules()
