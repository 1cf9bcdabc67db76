# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `pants test` reports on a test of a kernel or a model: its result, and a JUnit report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional
from xml.etree import ElementTree

from pants.core.goals.test import ShowOutput, TestResult
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_FILE_DIGEST, CreateDigest, FileContent, Snapshot
from pants.engine.process import FallibleProcessResult

from pants_tflite.compat import collect_rules, digest_to_snapshot, implicitly, rule, test_result
from pants_tflite.errors import TfLiteError
from pants_tflite.sandbox.kernel_tests.run_kernel_cases_protocol import CaseResult, CaseResults


@dataclass(frozen=True)
class JUnitReportRequest:
    """Asks for a JUnit report on the test at `address`, which ran as `process`.

    `results` is None if the process ended before it had any.
    """

    address: Address
    process: FallibleProcessResult
    results: Optional[CaseResults]


@dataclass(frozen=True)
class JUnitReport:
    snapshot: Snapshot


def output_of(process: FallibleProcessResult) -> str:
    """All that a process printed."""
    return (process.stdout + process.stderr).decode(errors="replace")


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
async def write_junit_report(request: JUnitReportRequest) -> JUnitReport:
    address = request.address
    report = FileContent(
        f"{address.path_safe_spec}.xml",
        render_junit(str(address), request.results, output_of(request.process)),
    )
    return JUnitReport(await digest_to_snapshot(**implicitly(CreateDigest((report,)))))


def unbuilt_result(address: Address, error: TfLiteError, show: ShowOutput) -> TestResult:
    """The result of a test whose kernel or model could not be built."""
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


def finished_result(
    address: Address, process: FallibleProcessResult, report: JUnitReport, show: ShowOutput
) -> TestResult:
    """The result of a test that ran."""
    return test_result(
        exit_code=process.exit_code,
        stdout=process.stdout,
        stdout_digest=process.stdout_digest,
        stderr=process.stderr if process.exit_code else b"",
        stderr_digest=process.stderr_digest,
        addresses=(address,),
        output_setting=show,
        result_metadata=process.metadata,
        xml_results=report.snapshot,
    )


def rules():
    return collect_rules()
