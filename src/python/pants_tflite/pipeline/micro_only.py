# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A model that LiteRT refuses and TensorFlow Lite Micro runs, which the backend for that one verifies."""

from __future__ import annotations

from abc import ABCMeta
from dataclasses import dataclass

from pants.engine.environment import EnvironmentName
from pants.engine.fs import Digest
from pants.engine.target import Target
from pants.engine.unions import UnionMembership, union

from pants_tflite.compat import collect_rules, implicitly, rule
from pants_tflite.custom_ops.declarations import CustomOps
from pants_tflite.errors import Mistake
from pants_tflite.pipeline.verify import Samples, VerifiedModel
from pants_tflite.target_types import MICRO, CustomOpsField, RuntimeField

_BACKEND = "pants_tflite.micro"


def is_micro_only(target: Target) -> bool:
    """Whether LiteRT does not run the model of a target, as its field says."""
    return target.has_field(RuntimeField) and target[RuntimeField].checked == MICRO


@union(in_scope_types=[EnvironmentName])
@dataclass(frozen=True)
class MicroVerifier(metaclass=ABCMeta):
    """Asks for the same as a VerifyModelRequest, from the backend that has the runtime; `runtime` is
    the field that asks for it."""

    runtime: RuntimeField
    model: Digest
    samples: Samples
    custom_ops: tuple[str, ...]

    def debug_hint(self) -> str:
        return str(self.runtime.address)


@dataclass(frozen=True)
class VerifyMicroOnlyRequest:
    """Asks for a verified model, whichever backend has the runtime."""

    runtime: RuntimeField
    model: Digest
    samples: Samples
    custom_ops: CustomOps


@rule(polymorphic=True)
async def verify_with_backend(
    verifier: MicroVerifier, environment: EnvironmentName
) -> VerifiedModel:
    """Calls the rule of the backend."""
    raise NotImplementedError()


@rule
async def verify_micro_only(
    request: VerifyMicroOnlyRequest, membership: UnionMembership, environment: EnvironmentName
) -> VerifiedModel:
    runtime = request.runtime
    verifiers = membership.get(MicroVerifier)
    if not verifiers:
        raise Mistake.of(
            runtime,
            message=f"TensorFlow Lite Micro comes with the backend `{_BACKEND}`, which is not there",
            fix=f"Add `{_BACKEND}` to `[GLOBAL].backend_packages`.",
        )
    kernels = [op.name for op in request.custom_ops.ops]
    if kernels:
        raise Mistake.of(
            runtime,
            message=(
                f"TensorFlow Lite Micro's wheel cannot load the kernels of {', '.join(kernels)}, and "
                "no other runtime would verify the model"
            ),
            fix=f"Leave `{runtime.alias}` out, or `{CustomOpsField.alias}` with kernels.",
        )
    (verifier,) = verifiers
    member = verifier(
        runtime=runtime,
        model=request.model,
        samples=request.samples,
        custom_ops=request.custom_ops.names,
    )
    return await verify_with_backend(
        **implicitly({member: MicroVerifier, environment: EnvironmentName})
    )


def rules():
    return collect_rules()
