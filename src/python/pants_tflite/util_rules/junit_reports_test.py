# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from xml.etree import ElementTree

from pants_tflite.sandbox.kernel_tests.run_kernel_cases_protocol import CaseResult, CaseResults
from pants_tflite.util_rules.junit_reports import render_junit


def test_report() -> None:
    results = CaseResults((CaseResult("a < b", None), CaseResult("c", "1 is not 2")))
    suite = ElementTree.fromstring(render_junit("ops:test", results, "")).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert [case.get("name") for case in suite.iter("testcase")] == ["a < b", "c"]
    assert [failure.text for failure in suite.iter("failure")] == ["1 is not 2"]


def test_a_kernel_that_ended_the_process() -> None:
    suite = ElementTree.fromstring(render_junit("ops:test", None, "SIGSEGV")).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
