# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The ops that TFLite Micro has kernels for, found by trying each: once for each version of it."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address

from pants_tflite.compat import collect_rules, get_digest_contents, implicitly, rule
from pants_tflite.micro.sandbox.probe_ops_protocol import ProbeReport, ProbeRequest
from pants_tflite.micro.tflm.op_names import CUSTOM_METHODS
from pants_tflite.micro.tflm.tflm_environment import TflmEnvironmentRequest, find_tflm_environment
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program


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
    environment = await find_tflm_environment(TflmEnvironmentRequest(), **implicitly())
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            ProbeRequest(tuple(sorted(CUSTOM_METHODS))),
            environment,
            description="List the ops of TFLite Micro",
        )
    )
    report = find_report(await get_digest_contents(result.digest), ProbeReport)
    return SupportedOps(frozenset(report.builtins), frozenset(report.custom_ops), report.version)


def rules():
    return collect_rules()
