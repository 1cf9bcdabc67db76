# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The cases of a JUnit report on a model's test, one for each budget."""

from __future__ import annotations

from pants_tflite.evaluation.model_tests import ModelTestRun
from pants_tflite.sandbox.kernel_tests.run_kernel_cases_protocol import CaseResult, CaseResults
from pants_tflite.util_rules.junit_reports import output_of


def case_results(run: ModelTestRun) -> CaseResults:
    """The results of a test that ran; a failure has all that the test printed."""
    output = output_of(run.process)
    return CaseResults(
        tuple(
            CaseResult(check.budget, None if check.passed else f"{check.figure}\n\n{output}")
            for check in run.judged.checks()
        )
    )
