# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants run` for SavedModels: their signatures, and a prediction in TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass

from pants.core.goals.run import RunFieldSet, RunInSandboxBehavior, RunRequest
from pants.engine.environment import LOCAL_ENVIRONMENT_MATCHER, EnvironmentName

from pants_tflite.compat import (
    EnvironmentNameRequest,
    collect_rules,
    concurrently,
    implicitly,
    resolve_environment_name,
    rule,
)
from pants_tflite.goals.run_programs import PrepareRunRequest, prepare_run
from pants_tflite.pipeline.export import (
    SAVED_MODEL_DIRECTORY,
    ExportSavedModelRequest,
    SavedModelFieldSet,
    export_saved_model,
)
from pants_tflite.util_rules.python_environments import (
    ResolveEnvironmentRequest,
    find_environment_of_resolve,
)

_PROGRAM = "pants_tflite.sandbox.saved_models.predict_saved_model"


@dataclass(frozen=True)
class RunSavedModelFieldSet(RunFieldSet, SavedModelFieldSet):
    run_in_sandbox_behavior = RunInSandboxBehavior.NOT_SUPPORTED


@rule(desc="Run a SavedModel")
async def run_saved_model(field_set: RunSavedModelFieldSet) -> RunRequest:
    # Made in the environment that the target names, and run in the foreground of this machine.
    exported, here = await concurrently(
        export_saved_model(ExportSavedModelRequest(field_set)),
        resolve_environment_name(
            EnvironmentNameRequest(
                LOCAL_ENVIRONMENT_MATCHER, description_of_origin=f"the run of {field_set.address}"
            ),
            **implicitly(),
        ),
    )
    environment = await find_environment_of_resolve(
        ResolveEnvironmentRequest(field_set.resolve), **implicitly({here: EnvironmentName})
    )
    return await prepare_run(
        PrepareRunRequest(
            _PROGRAM,
            environment,
            exported.digest,
            files=(("--model", SAVED_MODEL_DIRECTORY),),
        ),
        **implicitly({here: EnvironmentName}),
    )


def rules():
    return (*collect_rules(), *RunSavedModelFieldSet.rules())
