# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants test` for kernels of custom ops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pants.core.goals.test import TestFieldSet, TestRequest, TestResult, TestSubsystem
from pants.engine.target import Target
from pants.util.logging import LogLevel

from pants_tflite.compat import collect_rules, rule
from pants_tflite.custom_ops.kernel_reports import (
    KernelReportRequest,
    kernel_test_result,
    report_kernel_test,
    unbuilt_kernel_result,
)
from pants_tflite.custom_ops.kernel_tests import (
    KernelTestFields,
    RunKernelTestRequest,
    run_kernel_test,
)
from pants_tflite.custom_ops.target_types import (
    KernelCasesField,
    SanitizersField,
    SkipKernelTestField,
    TestedOpField,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.subsystems.kernel_tests import KernelTests


@dataclass(frozen=True)
class KernelTestFieldSet(KernelTestFields, TestFieldSet):
    # The test of another variant has no sanitizers.
    required_fields = (TestedOpField, KernelCasesField, SanitizersField)

    @classmethod
    def opt_out(cls, target: Target) -> bool:
        return bool(target.get(SkipKernelTestField).value)


class KernelTestRequest(TestRequest):
    tool_subsystem = KernelTests  # type: ignore[assignment]
    field_set_type = KernelTestFieldSet


@rule(desc="Test a custom op", level=LogLevel.DEBUG)
async def test_kernel(
    batch: KernelTestRequest.Batch[KernelTestFieldSet, Any], test_subsystem: TestSubsystem
) -> TestResult:
    field_set = batch.single_element
    try:
        run = await run_kernel_test(RunKernelTestRequest(field_set))
    except TfLiteError as error:
        return unbuilt_kernel_result(field_set.address, error, test_subsystem.output)
    report = await report_kernel_test(KernelReportRequest(run))
    return kernel_test_result(run, report, test_subsystem.output)


def rules():
    return (*collect_rules(), *KernelTestRequest.rules())
