# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `pants test` reports on a model's test: its result, and a JUnit report with a case for each
budget."""

from __future__ import annotations

from dataclasses import dataclass

from pants.core.goals.test import ShowOutput, TestResult
from pants.engine.fs import CreateDigest, FileContent, Snapshot

from pants_tflite.compat import collect_rules, digest_to_snapshot, implicitly, rule, test_result
from pants_tflite.custom_ops.kernel_reports import render_junit
from pants_tflite.evaluation.model_tests import ModelTestRun
from pants_tflite.sandbox.kernel_tests.run_kernel_cases_protocol import CaseResult, CaseResults


@dataclass(frozen=True)
class ModelReportRequest:
    """Asks for a JUnit report on a test."""

    run: ModelTestRun


@dataclass(frozen=True)
class ModelReport:
    snapshot: Snapshot


@rule
async def report_model_test(request: ModelReportRequest) -> ModelReport:
    run = request.run
    output = (run.process.stdout + run.process.stderr).decode(errors="replace")
    cases = CaseResults(
        tuple(
            CaseResult(check.budget, None if check.passed else f"{check.figure}\n\n{output}")
            for check in run.judged.checks()
        )
    )
    report = FileContent(
        f"{run.address.path_safe_spec}.xml", render_junit(str(run.address), cases, output)
    )
    return ModelReport(await digest_to_snapshot(**implicitly(CreateDigest((report,)))))


def model_test_result(run: ModelTestRun, report: ModelReport, show: ShowOutput) -> TestResult:
    """The result of a test that ran."""
    process = run.process
    return test_result(
        exit_code=process.exit_code,
        stdout=process.stdout,
        stdout_digest=process.stdout_digest,
        stderr=process.stderr if process.exit_code else b"",
        stderr_digest=process.stderr_digest,
        addresses=(run.address,),
        output_setting=show,
        result_metadata=process.metadata,
        xml_results=report.snapshot,
    )


def rules():
    return collect_rules()
