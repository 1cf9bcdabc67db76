# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The models that tests and reports evaluate: built, and with what runs them on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.fs import Digest, DigestSubset, PathGlobs
from pants.engine.target import Target

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    implicitly,
    rule,
)
from pants_tflite.custom_ops.declarations import ResolveCustomOpsRequest, resolve_custom_ops
from pants_tflite.custom_ops.host_kernels import HostKernels, HostKernelsRequest, build_host_kernels
from pants_tflite.pipeline.any_model import (
    BuildAnyModelRequest,
    BuiltModelFactsRequest,
    build_any_model,
    describe_built_model,
)
from pants_tflite.pipeline.build import BuiltModel
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.export import SavedModelReferenceRequest, find_saved_model
from pants_tflite.pipeline.micro_only import is_micro_only
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.target_types import CustomOpsField, SavedModelField, SelectTfOpsField
from pants_tflite.util_rules.environment_processes import PythonEnvironment
from pants_tflite.util_rules.python_environments import (
    ResolveEnvironmentRequest,
    find_environment_of_resolve,
)


@dataclass(frozen=True)
class EvaluatedTargetRequest:
    """Asks for a `tflite_model` or `tflite_file`, maybe `untrained`, and what is needed to run it."""

    target: Target
    untrained: bool = False

    def debug_hint(self) -> str:
        return str(self.target.address)


@dataclass(frozen=True)
class PrepareEvaluationRequest:
    """Asks for what is needed to run a model that is `built`. `tensorflow` is an environment with
    TensorFlow, if it takes ops from there."""

    built: BuiltModel
    custom_ops: CustomOpsField
    tensorflow: Optional[PythonEnvironment] = None
    micro_only: bool = False


@dataclass(frozen=True)
class EvaluatedTarget:
    """`model` holds `model.tflite` only, so that equal models are evaluated once, and `description` is
    `model.json`. `kernels` are those of its custom ops; `tensorflow` is an environment with TensorFlow,
    for a model that takes ops from there. A `micro_only` model does not run with LiteRT."""

    address: Address
    built: BuiltModel
    model: Digest
    description: str
    kernels: HostKernels
    tensorflow: Optional[PythonEnvironment]
    micro_only: bool

    @property
    def facts(self) -> ModelDescription:
        return ModelDescription.parse(self.description)


@rule
async def prepare_evaluation(request: PrepareEvaluationRequest) -> EvaluatedTarget:
    built = request.built
    custom_ops = await resolve_custom_ops(ResolveCustomOpsRequest(request.custom_ops))
    kernels, described, model = await concurrently(
        build_host_kernels(HostKernelsRequest(custom_ops)),
        describe_built_model(BuiltModelFactsRequest(built)),
        digest_subset_to_digest(DigestSubset(built.digest, PathGlobs((MODEL_FILE,)))),
    )
    return EvaluatedTarget(
        address=request.custom_ops.address,
        built=built,
        model=model,
        description=described.description,
        kernels=kernels,
        tensorflow=request.tensorflow,
        micro_only=request.micro_only,
    )


@rule
async def build_evaluated_target(request: EvaluatedTargetRequest) -> EvaluatedTarget:
    target = request.target
    built = await build_any_model(BuildAnyModelRequest(target, request.untrained))
    tensorflow = None
    if target.has_field(SelectTfOpsField) and target[SelectTfOpsField].ops:
        reference = await find_saved_model(SavedModelReferenceRequest(target[SavedModelField]))
        tensorflow = await find_environment_of_resolve(
            ResolveEnvironmentRequest(reference.field_set.resolve), **implicitly()
        )
    return await prepare_evaluation(
        PrepareEvaluationRequest(
            built=built,
            custom_ops=target[CustomOpsField],
            tensorflow=tensorflow,
            micro_only=is_micro_only(target),
        )
    )


def rules():
    return collect_rules()
