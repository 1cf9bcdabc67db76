# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""LiteRT's GPU accelerator, asked on a Vulkan driver of this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.env_vars import EnvironmentVarsRequest
from pants.engine.fs import MergeDigests
from pants.engine.process import ProcessCacheScope
from pants.engine.unions import UnionRule

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    digest_to_snapshot,
    environment_vars_subset,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.coverage.runtimes import Coverage, RuntimeProbe
from pants_tflite.errors import TfLiteError
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.verify import GOLDEN_FILES
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport
from pants_tflite.sandbox.gpu.check_gpu_protocol import (
    CheckGpuRequest,
    GpuReport,
    is_far,
)
from pants_tflite.sandbox.gpu.find_vulkan_driver_protocol import (
    FindVulkanDriverRequest,
    VulkanDriver,
    VulkanDriverReport,
    VulkanSearch,
)
from pants_tflite.subsystems.gpu import TfLiteGpu
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import (
    RunProgramRequest,
    find_report,
    run_program,
)

GPU_RUNTIME = "gpu"
_SCOPE = TfLiteGpu.options_scope
_VARIABLES = ("VK_DRIVER_FILES", "VK_ICD_FILENAMES")
# Of samples that are made up, for a model that was not run.
_MAX_SAMPLES, _SEED = 4, 0


@dataclass(frozen=True)
class GpuProbe(RuntimeProbe):
    """Asks LiteRT's GPU accelerator."""

    runtimes = (GPU_RUNTIME,)


@dataclass(frozen=True)
class VulkanDriverRequest:
    """Asks for the Vulkan driver of this machine, for the model at `address`."""

    address: Address


@dataclass(frozen=True)
class FoundVulkanDriver:
    """The `driver` that the `search` found; `lacks` says why there is none, if so."""

    search: VulkanSearch
    driver: Optional[VulkanDriver]
    lacks: str


def _wrong_icd(icd: str, message: str, *, fix: str) -> TfLiteError:
    return TfLiteError(f"[{_SCOPE}].vulkan_icd = {icd!r}: {message}.\n\nFix: {fix}")


@rule(desc="Find a Vulkan driver")
async def find_vulkan_driver(request: VulkanDriverRequest, options: TfLiteGpu) -> FoundVulkanDriver:
    icd = options.vulkan_icd
    if icd is not None and not os.path.isabs(icd):
        raise _wrong_icd(
            icd,
            "it is not an absolute path",
            fix="Name the manifest of a Vulkan driver by its whole path.",
        )
    variables, environment = await concurrently(
        environment_vars_subset(EnvironmentVarsRequest(_VARIABLES), **implicitly()),
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
    )
    listed = next((variables[name] for name in _VARIABLES if variables.get(name)), None)
    search = VulkanSearch(icd, None if icd is not None else listed)
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            FindVulkanDriverRequest(search),
            environment,
            description="Find a Vulkan driver",
            # What it finds is the machine's, and no input of the process says so.
            cache_scope=ProcessCacheScope.PER_RESTART_SUCCESSFUL,
        )
    )
    report = find_report(await get_digest_contents(result.digest), VulkanDriverReport)
    if report.driver is None and icd is not None:
        raise _wrong_icd(
            icd,
            f"LiteRT's GPU accelerator does not run on this Vulkan driver: {report.lacks}",
            fix="Name the manifest of another driver, or none to have one found.",
        )
    return FoundVulkanDriver(search, report.driver, report.lacks)


def to_coverage(report: GpuReport, driver: VulkanDriver) -> CoverageReport:
    """What the accelerator says of a model. A model that it computes wrongly is not taken."""
    far = [output for output in report.outputs if is_far(output)]
    if not report.delegated:
        remark = report.reason
    elif far:
        distances = ", ".join(output.distance for output in far)
        remark = f"the accelerator computes something else than the CPU: {distances}"
    elif report.not_compared is not None:
        remark = f"its outputs were not compared with the CPU's: {report.not_compared}"
    else:
        worst = max((output.error or 0.0 for output in report.outputs), default=0.0)
        remark = f"its outputs are off by at most {worst:.2g} times the spread of the CPU's"
    return CoverageReport(
        runtime=GPU_RUNTIME,
        loads=report.delegated and not far,
        refused=report.refused,
        remark=remark,
        answered_by=f"{report.runtime} on {driver}",
    )


@rule
async def probe_gpu(request: GpuProbe, options: TfLiteGpu) -> Coverage:
    found = await find_vulkan_driver(VulkanDriverRequest(request.address), **implicitly())
    if found.driver is None:
        remark = (
            f"there is no Vulkan driver for LiteRT's GPU accelerator: {found.lacks}. Install one, such as "
            f"SwiftShader's, which comes with Chromium, or name one in `[{_SCOPE}].vulkan_icd`"
        )
        return Coverage(CoverageReport(GPU_RUNTIME, None, (), remark))
    digest = await merge_digests(MergeDigests((request.model, request.golden)))
    files, environment = await concurrently(
        digest_to_snapshot(request.golden),
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
    )
    golden_input, golden_output = (name if name in files.files else None for name in GOLDEN_FILES)
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            CheckGpuRequest(
                model=MODEL_FILE,
                golden_input=golden_input,
                golden_output=golden_output,
                search=found.search,
                driver=found.driver,
                max_samples=_MAX_SAMPLES,
                seed=_SEED,
                max_seconds=options.timeout,
            ),
            environment,
            description=f"Try {request.address} on LiteRT's GPU accelerator",
            input_digest=digest,
        )
    )
    report = find_report(await get_digest_contents(result.digest), GpuReport)
    return Coverage(to_coverage(report, found.driver))


def rules():
    return (*collect_rules(), UnionRule(RuntimeProbe, GpuProbe))
