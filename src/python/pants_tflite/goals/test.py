# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants test` for kernels of custom ops, and for models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pants.core.goals.test import (
    TestDebugRequest,
    TestFieldSet,
    TestRequest,
    TestResult,
    TestSubsystem,
)
from pants.engine.process import InteractiveProcess, ProcessCacheScope
from pants.engine.target import Target
from pants.util.logging import LogLevel

from pants_tflite.compat import collect_rules, implicitly, rule
from pants_tflite.custom_ops.kernel_reports import (
    KernelReportRequest,
    report_kernel_test,
)
from pants_tflite.custom_ops.kernel_tests import (
    KernelTestFields,
    RunKernelTestRequest,
    run_kernel_test,
)
from pants_tflite.custom_ops.target_types import (
    KernelCasesField,
    SanitizersField,
    TestedOpField,
)
from pants_tflite.errors import Mistake, TfLiteError
from pants_tflite.evaluation.fields import ModelTestFields
from pants_tflite.evaluation.model_tests import (
    BuildTestedModelsRequest,
    PredictForTestRequest,
    RunModelTestRequest,
    ScoreForTestRequest,
    build_tested_models,
    first_scoring,
    predict_for_test,
    run_model_test,
)
from pants_tflite.evaluation.plans import PlanModelTestRequest, plan_model_test
from pants_tflite.evaluation.results import case_results
from pants_tflite.evaluation.score import prepare_scoring
from pants_tflite.evaluation.settings import TestSettings, find_timeout, parse_arguments
from pants_tflite.evaluation.target_types import (
    TestedModelField,
    TestRuntimesField,
)
from pants_tflite.subsystems.kernel_tests import KernelTests
from pants_tflite.subsystems.model_tests import ModelTests
from pants_tflite.target_types import SkipTestField
from pants_tflite.util_rules.environment_processes import EnsureInstalledRequest, ensure_installed
from pants_tflite.util_rules.junit_reports import (
    JUnitReportRequest,
    finished_result,
    unbuilt_result,
    write_junit_report,
)
from pants_tflite.util_rules.sandbox_programs import PrepareProgramRequest, prepare_program


@dataclass(frozen=True)
class KernelTestFieldSet(KernelTestFields, TestFieldSet):
    # The test of another variant has no sanitizers.
    required_fields = (TestedOpField, KernelCasesField, SanitizersField)

    @classmethod
    def opt_out(cls, target: Target) -> bool:
        return bool(target.get(SkipTestField).value)


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
        return unbuilt_result(field_set.address, error, test_subsystem.output)
    report = await report_kernel_test(KernelReportRequest(run))
    return finished_result(run.address, run.process, report, test_subsystem.output)


@dataclass(frozen=True)
class ModelTestFieldSet(ModelTestFields, TestFieldSet):
    required_fields = (TestedModelField, TestRuntimesField)

    @classmethod
    def opt_out(cls, target: Target) -> bool:
        return bool(target.get(SkipTestField).value)


class ModelTestRequest(TestRequest):
    tool_subsystem = ModelTests  # type: ignore[assignment]
    field_set_type = ModelTestFieldSet
    supports_debug = True


def _settings(
    field_set: ModelTestFieldSet, model_tests: ModelTests, test_subsystem: TestSubsystem
) -> TestSettings:
    return TestSettings(
        max_samples=parse_arguments(tuple(model_tests.args), field_set.address),
        timeout=find_timeout(field_set, test_subsystem),
        cache_scope=(
            ProcessCacheScope.PER_SESSION if test_subsystem.force else ProcessCacheScope.SUCCESSFUL
        ),
    )


@rule(desc="Test a model", level=LogLevel.DEBUG)
async def test_model(
    batch: ModelTestRequest.Batch[ModelTestFieldSet, Any],
    model_tests: ModelTests,
    test_subsystem: TestSubsystem,
) -> TestResult:
    field_set = batch.single_element
    try:
        settings = _settings(field_set, model_tests, test_subsystem)
        run = await run_model_test(RunModelTestRequest(field_set, settings), **implicitly())
    except TfLiteError as error:
        return unbuilt_result(field_set.address, error, test_subsystem.output)
    report = await write_junit_report(
        JUnitReportRequest(run.address, run.process, case_results(run))
    )
    return finished_result(run.address, run.process, report, test_subsystem.output)


@rule(desc="Debug the metric of a model's test", level=LogLevel.DEBUG)
async def debug_model_test(
    batch: ModelTestRequest.Batch[ModelTestFieldSet, Any],
    model_tests: ModelTests,
    test_subsystem: TestSubsystem,
) -> TestDebugRequest:
    """The process that scores the first runtime's predictions, in the foreground: it calls a metric of
    the user's, and nothing else in a test is the user's code."""
    fields = batch.single_element
    settings = _settings(fields, model_tests, test_subsystem)
    plan = await plan_model_test(PlanModelTestRequest(fields), **implicitly())
    if not plan.has_score:
        raise Mistake(
            message="the test has no metric, which is what `--debug` runs",
            fix="Run it without `--debug`, or on a test with a `metric`.",
            field=fields.metric.alias,
        ).at(fields.address)
    models = await build_tested_models(BuildTestedModelsRequest(fields, plan))
    predictions = await predict_for_test(
        PredictForTestRequest(fields, plan, models, settings),
        **implicitly(),
    )
    scoring = await prepare_scoring(
        first_scoring(ScoreForTestRequest(fields, plan, predictions, settings))
    )
    environment = await ensure_installed(
        EnsureInstalledRequest(scoring.run.environment), **implicitly()
    )
    prepared = await prepare_program(
        PrepareProgramRequest(replace(scoring.run, environment=environment))
    )
    return TestDebugRequest(InteractiveProcess.from_process(prepared.process))


def rules():
    return (*collect_rules(), *KernelTestRequest.rules(), *ModelTestRequest.rules())
