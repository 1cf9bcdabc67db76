# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which ops of a model a runtime refuses, by asking the runtime. Each has a name.

A backend that has a runtime registers a `RuntimeProbe` for it, with a rule that makes `Coverage` of it.
"""

from __future__ import annotations

from abc import ABCMeta
from dataclasses import dataclass
from typing import ClassVar

from pants.engine.addresses import Address
from pants.engine.environment import EnvironmentName
from pants.engine.fs import Digest
from pants.engine.unions import UnionMembership, union

from pants_tflite.compat import collect_rules, implicitly, rule
from pants_tflite.errors import TfLiteError
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport


@dataclass(frozen=True)
class Coverage:
    report: CoverageReport


@union(in_scope_types=[EnvironmentName])
@dataclass(frozen=True)
class RuntimeProbe(metaclass=ABCMeta):
    """Asks whether the `runtime` of its class takes the model of the target at `address`.

    `model` holds `model.tflite`. The runtime is to have the custom ops in `kernels`.
    """

    runtime: ClassVar[str]

    address: Address
    model: Digest
    kernels: tuple[str, ...]

    def debug_hint(self) -> str:
        return f"{self.address} on {self.runtime}"


@dataclass(frozen=True)
class AskRuntimeRequest:
    """Asks the runtime of this name whether it takes a model; the rest is as in a RuntimeProbe."""

    runtime: str
    address: Address
    model: Digest
    kernels: tuple[str, ...] = ()

    def debug_hint(self) -> str:
        return f"{self.address} on {self.runtime}"


@rule(polymorphic=True)
async def probe_with_backend(probe: RuntimeProbe, environment: EnvironmentName) -> Coverage:
    """Calls the rule of the backend."""
    raise NotImplementedError()


@rule
async def ask_runtime(
    request: AskRuntimeRequest, membership: UnionMembership, environment: EnvironmentName
) -> Coverage:
    probes = {probe.runtime: probe for probe in membership.get(RuntimeProbe)}
    if request.runtime not in probes:
        raise TfLiteError(
            f"There is no runtime `{request.runtime}` to ask which ops it has.\n\nFix: Name one of "
            f"{', '.join(sorted(probes))}, or add the backend that has it."
        )
    probe = probes[request.runtime](
        address=request.address, model=request.model, kernels=request.kernels
    )
    return await probe_with_backend(
        **implicitly({probe: RuntimeProbe, environment: EnvironmentName})
    )


def rules():
    return collect_rules()
