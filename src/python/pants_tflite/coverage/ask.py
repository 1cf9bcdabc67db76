# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Asks a runtime by its name: this LiteRT, one of `[tflite-runtimes]`, or one that a backend registers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.environment import EnvironmentName
from pants.engine.fs import EMPTY_DIGEST, Digest
from pants.engine.target import Target
from pants.engine.unions import UnionMembership

from pants_tflite.compat import collect_rules, implicitly, rule
from pants_tflite.coverage.interpreters import AskInterpreterRequest, ask_interpreter
from pants_tflite.coverage.runtimes import RuntimeProbe, probe_with_backend
from pants_tflite.errors import TfLiteError
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport
from pants_tflite.sandbox.evaluation.evaluate_protocol import LITERT_RUNTIME
from pants_tflite.subsystems.tflite_runtimes import TfLiteRuntimes
from pants_tflite.util_rules.environment_installation import PythonEnvironmentRequest
from pants_tflite.util_rules.environment_processes import (
    PythonEnvironment,
    set_up_python_environment,
)
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)


@dataclass(frozen=True)
class AskRuntimeRequest:
    """Asks the runtime of this name whether it takes a model; the rest is as in a RuntimeProbe."""

    runtime: str
    address: Address
    model: Digest
    kernels: tuple[str, ...] = ()
    bundle: Optional[Target] = None
    golden: Digest = EMPTY_DIGEST

    def debug_hint(self) -> str:
        return f"{self.address} on {self.runtime}"


@dataclass(frozen=True)
class RuntimeAnswer:
    """What a runtime said of a model."""

    report: CoverageReport


@dataclass(frozen=True)
class AskBackendRequest:
    """Asks a runtime that a backend registers."""

    asked: AskRuntimeRequest

    def debug_hint(self) -> str:
        return self.asked.debug_hint()


# Apart from `ask_runtime`: Pants 2.17 finds no way through one rule that takes an EnvironmentName and also
# sets up Python environments.
@dataclass(frozen=True)
class BackendAnswer:
    report: CoverageReport


@dataclass(frozen=True)
class RuntimeEnvironmentRequest:
    """Asks for the environment of this LiteRT, or of a runtime of `[tflite-runtimes]`."""

    runtime: str


@rule
async def find_runtime_environment(
    request: RuntimeEnvironmentRequest, runtimes: TfLiteRuntimes, membership: UnionMembership
) -> PythonEnvironment:
    if request.runtime == LITERT_RUNTIME:
        return await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    lockfiles = runtimes.to_lockfiles()
    if request.runtime not in lockfiles:
        others = {name for probe in membership.get(RuntimeProbe) for name in probe.runtimes}
        names = sorted({LITERT_RUNTIME, *others, *lockfiles})
        raise TfLiteError(
            f"There is no runtime `{request.runtime}` to ask which ops it has.\n\nFix: Name one of "
            f"{', '.join(names)}, or give `[tflite-runtimes].lockfiles` a lockfile of that name."
        )
    return await set_up_python_environment(
        PythonEnvironmentRequest(lockfiles[request.runtime], runtimes.to_interpreter_constraints()),
        **implicitly(),
    )


@rule
async def ask_backend(
    request: AskBackendRequest, membership: UnionMembership, environment_name: EnvironmentName
) -> BackendAnswer:
    asked = request.asked
    (member,) = [m for m in membership.get(RuntimeProbe) if asked.runtime in m.runtimes]
    probe = member(
        runtime=asked.runtime,
        address=asked.address,
        model=asked.model,
        kernels=asked.kernels,
        bundle=asked.bundle,
        golden=asked.golden,
    )
    coverage = await probe_with_backend(
        **implicitly({probe: RuntimeProbe, environment_name: EnvironmentName})
    )
    return BackendAnswer(coverage.report)


@rule
async def ask_runtime(request: AskRuntimeRequest, membership: UnionMembership) -> RuntimeAnswer:
    if any(request.runtime in member.runtimes for member in membership.get(RuntimeProbe)):
        of_backend = await ask_backend(AskBackendRequest(request), **implicitly())
        return RuntimeAnswer(of_backend.report)
    environment = await find_runtime_environment(
        RuntimeEnvironmentRequest(request.runtime), **implicitly()
    )
    answer = await ask_interpreter(
        AskInterpreterRequest(
            runtime=request.runtime,
            environment=environment,
            address=request.address,
            model=request.model,
            kernels=request.kernels,
        )
    )
    return RuntimeAnswer(answer.report)


def rules():
    return collect_rules()
