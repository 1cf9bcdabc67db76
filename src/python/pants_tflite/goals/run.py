# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants run` for models: their inputs, their outputs, and a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.core.goals.run import RunFieldSet, RunInSandboxBehavior, RunRequest
from pants.engine.fs import CreateDigest, FileContent, MergeDigests

from pants_tflite.compat import (
    collect_rules,
    create_digest,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.custom_ops.declarations import ResolveCustomOpsRequest, resolve_custom_ops
from pants_tflite.custom_ops.host_kernels import HostKernelsRequest, build_host_kernels
from pants_tflite.errors import Mistake
from pants_tflite.goals.run_programs import PrepareRunRequest, prepare_run
from pants_tflite.pipeline.build import (
    BuildModelFileRequest,
    BuildModelRequest,
    BuiltModel,
    TfLiteFileFieldSet,
    build_model,
    build_model_file,
)
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.export import SavedModelReferenceRequest, find_saved_model
from pants_tflite.pipeline.plan import TfLiteModelFieldSet
from pants_tflite.target_types import MICRO, CustomOpsField
from pants_tflite.util_rules.environment_processes import PythonEnvironment
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    ResolveEnvironmentRequest,
    find_environment_of_resolve,
    find_litert_environment,
)

_PROGRAM = "pants_tflite.sandbox.prediction.predict"
_KERNELS_FILE = "kernels.json"


@dataclass(frozen=True)
class RunModelFieldSet(RunFieldSet, TfLiteModelFieldSet):
    run_in_sandbox_behavior = RunInSandboxBehavior.NOT_SUPPORTED


@dataclass(frozen=True)
class RunModelFileFieldSet(RunFieldSet, TfLiteFileFieldSet):
    run_in_sandbox_behavior = RunInSandboxBehavior.NOT_SUPPORTED


@dataclass(frozen=True)
class PredictRequest:
    """Asks for a command that runs the program `predict` over a built model.

    `tensorflow` is an environment with TensorFlow, for a model that takes ops from there.
    """

    model: BuiltModel
    custom_ops: CustomOpsField
    tensorflow: Optional[PythonEnvironment] = None


@rule
async def prepare_prediction(request: PredictRequest) -> RunRequest:
    custom_ops = await resolve_custom_ops(ResolveCustomOpsRequest(request.custom_ops))
    environment = request.tensorflow
    if environment is None:
        environment = await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    kernels = await build_host_kernels(HostKernelsRequest(custom_ops))
    listed = await create_digest(CreateDigest((FileContent(_KERNELS_FILE, kernels.render()),)))
    digest = await merge_digests(MergeDigests((listed, request.model.digest, kernels.digest)))
    files = (("--model", MODEL_FILE), ("--kernels", _KERNELS_FILE))
    return await prepare_run(
        PrepareRunRequest(_PROGRAM, environment, digest, files=files), **implicitly()
    )


@rule(desc="Run a model")
async def run_model(field_set: RunModelFieldSet) -> RunRequest:
    model = await build_model(BuildModelRequest(field_set))
    tensorflow = None
    if field_set.select_tf_ops.ops:
        reference = await find_saved_model(SavedModelReferenceRequest(field_set.saved_model))
        tensorflow = await find_environment_of_resolve(
            ResolveEnvironmentRequest(reference.field_set.resolve), **implicitly()
        )
    return await prepare_prediction(
        PredictRequest(model, field_set.custom_ops, tensorflow), **implicitly()
    )


@rule(desc="Run a model file")
async def run_model_file(field_set: RunModelFileFieldSet) -> RunRequest:
    if field_set.runtime.checked == MICRO:
        raise Mistake.of(
            field_set.runtime,
            message="`run` runs models with LiteRT, which refuses this one",
            fix=(
                "Package it: its golden output is what TensorFlow Lite Micro computes. The self-test of "
                "a `tflite_micro_library` runs it on the device."
            ),
        )
    model = await build_model_file(BuildModelFileRequest(field_set))
    return await prepare_prediction(PredictRequest(model, field_set.custom_ops), **implicitly())


def rules():
    return (*collect_rules(), *RunModelFieldSet.rules(), *RunModelFileFieldSet.rules())
