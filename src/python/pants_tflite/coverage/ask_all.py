# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Several runtimes, asked about the model of one target, for those who list what each says."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.environment import EnvironmentName
from pants.engine.fs import EMPTY_DIGEST, Digest
from pants.engine.target import Target

from pants_tflite.compat import (
    EnvironmentNameRequest,
    collect_rules,
    concurrently,
    implicitly,
    resolve_environment_name,
    rule,
)
from pants_tflite.coverage.ask import AskRuntimeRequest, ask_runtime
from pants_tflite.custom_ops.declarations import (
    CustomOps,
    ResolveCustomOpsRequest,
    resolve_custom_ops,
)
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport
from pants_tflite.target_types import MICRO, CustomOpsField


@dataclass(frozen=True)
class AskRuntimesRequest:
    """Asks the `runtimes` about `model.tflite`, which `model` holds, of a `tflite_model` or `tflite_file`.
    `golden` is as in a RuntimeProbe."""

    target: Target
    model: Digest
    runtimes: tuple[str, ...]
    golden: Digest = EMPTY_DIGEST


@dataclass(frozen=True)
class RuntimeAnswers:
    """In the order of the runtimes that were asked."""

    reports: tuple[CoverageReport, ...]


def kernels_of(runtime: str, custom_ops: CustomOps) -> set[str]:
    """The custom ops with a kernel for a runtime in the repository."""
    return {op.name for op in custom_ops.ops if op.has_micro or runtime != MICRO}


@rule
async def ask_runtimes(request: AskRuntimesRequest) -> RuntimeAnswers:
    target = request.target
    environment, custom_ops = await concurrently(
        resolve_environment_name(EnvironmentNameRequest.from_target(target), **implicitly()),
        resolve_custom_ops(ResolveCustomOpsRequest(target[CustomOpsField])),
    )
    answers = await concurrently(
        ask_runtime(
            AskRuntimeRequest(
                runtime=runtime,
                address=target.address,
                model=request.model,
                kernels=tuple(sorted(kernels_of(runtime, custom_ops))),
                golden=request.golden,
            ),
            **implicitly({environment: EnvironmentName}),
        )
        for runtime in request.runtimes
    )
    return RuntimeAnswers(tuple(answer.report for answer in answers))


def rules():
    return collect_rules()
