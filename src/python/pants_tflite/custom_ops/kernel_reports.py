# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `pants test` reports on a kernel's test: its result, and a JUnit report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional
from xml.etree import ElementTree

from pants.core.goals.test import ShowOutput, TestResult
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_FILE_DIGEST, CreateDigest, FileContent, Snapshot
from pants.engine.process import FallibleProcessResult

from pants_tflite.compat import (
    collect_rules,
    digest_to_snapshot,
    get_digest_contents,
    implicitly,
    rule,
    test_result,
)
from pants_tflite.custom_ops.kernel_tests import KernelTestRun
from pants_tflite.errors import TfLiteError
from pants_tflite.sandbox.kernel_tests.run_kernel_cases_protocol import CaseResult, CaseResults
from pants_tflite.util_rules.sandbox_programs import OUTPUT_DIR

_RESULTS_FILE = f"{OUTPUT_DIR}/{CaseResults.FILE}"


@dataclass(frozen=True)
class KernelReportRequest:
    """Asks for a JUnit report on a test."""

    run: KernelTestRun


@dataclass(frozen=True)
class KernelReport:
    snapshot: Snapshot


def render_junit(name: str, results: Optional[CaseResults], output: str) -> bytes:
    """A JUnit report on the test `name`.

    `results` is None if the kernel ended the process, and `output` is all that it printed.
    """
    cases = results.cases if results else (CaseResult("all cases", output),)
    failed = sum(case.failure is not None for case in cases)
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(
        suites,
        "testsuite",
        {"name": name, "tests": str(len(cases)), "failures": str(failed), "errors": "0"},
    )
    for case in cases:
        element = ElementTree.SubElement(suite, "testcase", {"classname": name, "name": case.name})
        if case.failure is not None:
            ElementTree.SubElement(element, "failure").text = case.failure
    return ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True) + b"\n"


@rule
async def report_kernel_test(request: KernelReportRequest) -> KernelReport:
    run, process = request.run, request.run.process
    contents = await get_digest_contents(process.output_digest)
    results = next(
        (CaseResults.parse(file.content) for file in contents if file.path == _RESULTS_FILE), None
    )
    output = (process.stdout + process.stderr).decode(errors="replace")
    report = FileContent(
        f"{run.address.path_safe_spec}.xml", render_junit(str(run.address), results, output)
    )
    return KernelReport(await digest_to_snapshot(**implicitly(CreateDigest((report,)))))


def unbuilt_kernel_result(address: Address, error: TfLiteError, show: ShowOutput) -> TestResult:
    """The result of a test whose kernel could not be built."""
    return test_result(
        exit_code=1,
        stdout=b"",
        stdout_digest=EMPTY_FILE_DIGEST,
        stderr=str(error).encode(),
        stderr_digest=EMPTY_FILE_DIGEST,
        addresses=(address,),
        output_setting=show,
        result_metadata=None,
    )


def kernel_test_result(run: KernelTestRun, report: KernelReport, show: ShowOutput) -> TestResult:
    """The result of a test that ran."""
    process: FallibleProcessResult = run.process
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
