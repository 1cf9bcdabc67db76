# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which ops of a model a runtime refuses, by asking the runtime. Each has a name.

A backend that has one of its own registers a `RuntimeProbe` for it, with a rule that makes `Coverage` of it.
"""

from __future__ import annotations

from abc import ABCMeta
from dataclasses import dataclass
from typing import ClassVar, Optional

from pants.engine.addresses import Address
from pants.engine.environment import EnvironmentName
from pants.engine.fs import EMPTY_DIGEST, Digest
from pants.engine.target import Target
from pants.engine.unions import union

from pants_tflite.compat import collect_rules, rule
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport


@dataclass(frozen=True)
class Coverage:
    report: CoverageReport


@union(in_scope_types=[EnvironmentName])
@dataclass(frozen=True)
class RuntimeProbe(metaclass=ABCMeta):
    """Asks whether a `runtime`, one of those of its class, takes the model of the target at `address`.

    `model` holds `model.tflite`. The runtime is to have the custom ops in `kernels`. The `bundle` that
    takes the model there may name its own build of the runtime. `golden` has the golden files of a model
    that was run, for a runtime that is asked what it computes.
    """

    runtimes: ClassVar[tuple[str, ...]]

    runtime: str
    address: Address
    model: Digest
    kernels: tuple[str, ...]
    bundle: Optional[Target] = None
    golden: Digest = EMPTY_DIGEST

    def debug_hint(self) -> str:
        return f"{self.address} on {self.runtime}"


@rule(polymorphic=True)
async def probe_with_backend(probe: RuntimeProbe, environment: EnvironmentName) -> Coverage:
    """Calls the rule of the backend."""
    raise NotImplementedError()


def rules():
    return collect_rules()
