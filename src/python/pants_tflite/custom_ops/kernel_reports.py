# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A JUnit report on a kernel's test, from the results that its program wrote."""

from __future__ import annotations

from dataclasses import dataclass

from pants_tflite.compat import collect_rules, get_digest_contents, rule
from pants_tflite.custom_ops.kernel_tests import KernelTestRun
from pants_tflite.sandbox.kernel_tests.run_kernel_cases_protocol import CaseResults
from pants_tflite.util_rules.junit_reports import (
    JUnitReport,
    JUnitReportRequest,
    write_junit_report,
)
from pants_tflite.util_rules.sandbox_programs import OUTPUT_DIR

_RESULTS_FILE = f"{OUTPUT_DIR}/{CaseResults.FILE}"


@dataclass(frozen=True)
class KernelReportRequest:
    """Asks for a JUnit report on a test."""

    run: KernelTestRun


@rule
async def report_kernel_test(request: KernelReportRequest) -> JUnitReport:
    run = request.run
    contents = await get_digest_contents(run.process.output_digest)
    results = next(
        (CaseResults.parse(file.content) for file in contents if file.path == _RESULTS_FILE), None
    )
    return await write_junit_report(JUnitReportRequest(run.address, run.process, results))


def rules():
    return collect_rules()
