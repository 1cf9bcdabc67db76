# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether the runtime's libraries can be loaded on devices with pages of 16 KB, as Google Play wants."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Mapping, Optional

from pants_tflite.android.maven import MavenCoordinates
from pants_tflite.android.sandbox.measure_pages_protocol import PagesReport, PagesRequest
from pants_tflite.android.target_types import DEFAULT_RUNTIME, MavenRuntimeField, RuntimeAarField
from pants_tflite.compat import (
    collect_rules,
    get_digest_contents,
    implicitly,
    rule,
)
from pants_tflite.util_rules.python_environments import ZigEnvironmentRequest, find_zig_environment
from pants_tflite.util_rules.references import ReferencedFileRequest, find_referenced_file
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program

logger = logging.getLogger(__name__)

PAGE_BYTES = 16384
# Apps for 32-bit processors never meet pages of 16 KB.
_ABIS = ("arm64-v8a", "x86_64")
# Releases in which `measure_pages` read the least alignment of any library for `_ABIS`. Releases never
# change; a test measures one of them again.
MEASURED: Mapping[str, int] = {
    "org.tensorflow:tensorflow-lite:2.14.0": 4096,
    "org.tensorflow:tensorflow-lite:2.16.1": 4096,
    "org.tensorflow:tensorflow-lite-select-tf-ops:2.14.0": 4096,
}


@dataclass(frozen=True)
class CheckPageSizesRequest:
    """Asks about the `runtimes` that a library depends on; `aar` may name the first of them."""

    aar: RuntimeAarField
    runtime: MavenRuntimeField
    runtimes: tuple[MavenCoordinates, ...]


@dataclass(frozen=True)
class CheckedPageSizes:
    """`warnings` are what the user was told."""

    warnings: tuple[str, ...]


def warn_of(what: str, alignment: int, request: CheckPageSizesRequest) -> str:
    """That the libraries of `what`, a release or a target, are aligned for small pages."""
    choose = "a release that is aligned"
    if request.runtime.value not in (None, DEFAULT_RUNTIME):
        choose = f'another release: `{MavenRuntimeField.alias}="{DEFAULT_RUNTIME}"`, say'
    return (
        f"{request.aar.address}, field `{MavenRuntimeField.alias}`: the 64-bit libraries of {what} "
        f"are aligned for pages of {alignment // 1024} KB. Google Play wants {PAGE_BYTES // 1024} "
        "KB of apps for Android 15 and newer, and a device with such pages does not load them. "
        f"Choose {choose}, and measure it with `{RuntimeAarField.alias}`."
    )


def least_alignment(report: PagesReport) -> Optional[int]:
    """The least alignment of a library for 64-bit processors; None if there are none."""
    found = [library.alignment for library in report.libraries if library.abi in _ABIS]
    return min(found, default=None)


@dataclass(frozen=True)
class MeasurePagesRequest:
    """Asks for the alignment of the libraries in the `.aar` that the field names."""

    field: RuntimeAarField


@dataclass(frozen=True)
class MeasuredPages:
    """The least alignment of a library for 64-bit processors, if there is one."""

    alignment: Optional[int]


@rule(desc="Measure the alignment of a runtime's libraries")
async def measure_pages(request: MeasurePagesRequest) -> MeasuredPages:
    field = request.field
    assert field.value is not None
    file = await find_referenced_file(ReferencedFileRequest(field, field.value))
    environment = await find_zig_environment(ZigEnvironmentRequest(), **implicitly())
    result = await run_program(
        RunProgramRequest.create(
            field.address,
            PagesRequest(file.path, field.alias),
            environment,
            description=f"Measure the alignment of the libraries in {file.path}",
            input_digest=file.digest,
        )
    )
    report = find_report(await get_digest_contents(result.digest), PagesReport)
    return MeasuredPages(least_alignment(report))


@rule(desc="Check the page sizes of an Android runtime")
async def check_page_sizes(request: CheckPageSizesRequest) -> CheckedPageSizes:
    alignments: dict[str, int] = {
        str(runtime): MEASURED[str(runtime)]
        for runtime in request.runtimes
        if str(runtime) in MEASURED
    }
    if request.aar.value is not None:
        measured = await measure_pages(MeasurePagesRequest(request.aar))
        for runtime in request.runtimes[:1]:
            alignments.pop(str(runtime), None)
        if measured.alignment is not None:
            alignments[request.aar.value] = measured.alignment
    warnings = tuple(
        warn_of(what, alignment, request)
        for what, alignment in alignments.items()
        if alignment < PAGE_BYTES
    )
    for warning in warnings:
        logger.warning(warning)
    return CheckedPageSizes(warnings)


def rules():
    return collect_rules()
