# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The ops that TFLite Micro has kernels for, found by trying each: once for each version of it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import Digest, DigestContents
from pants.engine.rules import Get, collect_rules, rule

from pants_tflite.micro.environment import TflmEnvironmentRequest
from pants_tflite.micro.op_names import CUSTOM_METHODS
from pants_tflite.util_rules.python_environments import PythonEnvironment
from pants_tflite.util_rules.sandbox_programs import ProgramResult, RunProgramRequest

_PROGRAM = "pants_tflite.micro.sandbox.probe_ops"


@dataclass(frozen=True)
class SupportedOpsRequest:
    """Asks which ops TFLite Micro runs; `address` is the target that wants to know."""

    address: Address


@dataclass(frozen=True)
class SupportedOps:
    """Names of builtins, and custom codes of TFLite Micro's own, of its `version`."""

    builtins: frozenset[str]
    custom_ops: frozenset[str]
    version: str


@rule(desc="List the ops of TFLite Micro")
async def list_supported_ops(request: SupportedOpsRequest) -> SupportedOps:
    environment = await Get(PythonEnvironment, TflmEnvironmentRequest())
    result = await Get(
        ProgramResult,
        RunProgramRequest,
        RunProgramRequest.create(
            request.address,
            _PROGRAM,
            environment,
            {"custom_ops": sorted(CUSTOM_METHODS)},
            description="List the ops of TFLite Micro",
        ),
    )
    contents = await Get(DigestContents, Digest, result.digest)
    report = json.loads(contents[0].content)
    return SupportedOps(
        frozenset(report["builtins"]), frozenset(report["custom_ops"]), report["version"]
    )


def rules():
    return collect_rules()
