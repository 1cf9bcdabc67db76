# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants run` for SavedModels: their signatures, and a prediction in TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass

from pants.core.goals.run import RunFieldSet, RunInSandboxBehavior, RunRequest

from pants_tflite.compat import collect_rules, implicitly, rule
from pants_tflite.goals.run_programs import PrepareRunRequest, prepare_run
from pants_tflite.pipeline.export import (
    SAVED_MODEL_DIRECTORY,
    ExportSavedModelRequest,
    SavedModelFieldSet,
    export_saved_model,
)

_PROGRAM = "pants_tflite.sandbox.saved_models.predict_saved_model"


@dataclass(frozen=True)
class RunSavedModelFieldSet(RunFieldSet, SavedModelFieldSet):
    run_in_sandbox_behavior = RunInSandboxBehavior.NOT_SUPPORTED


@rule(desc="Run a SavedModel")
async def run_saved_model(field_set: RunSavedModelFieldSet) -> RunRequest:
    exported = await export_saved_model(ExportSavedModelRequest(field_set))
    return await prepare_run(
        PrepareRunRequest(
            _PROGRAM,
            exported.environment,
            exported.digest,
            files=(("--model", SAVED_MODEL_DIRECTORY),),
        ),
        **implicitly(),
    )


def rules():
    return (*collect_rules(), *RunSavedModelFieldSet.rules())
