# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants test` for the micro variants of kernels: `tflite_custom_op_micro_test`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pants.core.goals.test import TestFieldSet, TestRequest, TestResult, TestSubsystem
from pants.engine.fs import AddPrefix, MergeDigests
from pants.engine.target import Target
from pants.util.logging import LogLevel

from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.custom_ops.kernel_reports import (
    KernelReportRequest,
    report_kernel_test,
)
from pants_tflite.custom_ops.kernel_tests import (
    CASES_FOLDER,
    KernelCasesRequest,
    KernelTestFields,
    KernelTestRun,
    collect_cases,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.micro.kernels import MicroKernelsRequest, find_micro_kernels
from pants_tflite.micro.measuring.measuring_program import (
    BuildMeasuringProgramRequest,
    MeasuringProgram,
    build_measuring_program,
)
from pants_tflite.micro.sandbox.run_micro_kernel_cases_protocol import RunMicroCasesRequest
from pants_tflite.micro.target_types import KernelTestTflmField
from pants_tflite.micro.tflm.tflm_tree import TflmTreeRequest, find_tflm_tree
from pants_tflite.subsystems.kernel_tests import KernelTests
from pants_tflite.target_types import SkipTestField
from pants_tflite.util_rules.environment_processes import (
    ExecuteInEnvironmentRequest,
    execute_in_environment,
)
from pants_tflite.util_rules.junit_reports import finished_result, unbuilt_result
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference
from pants_tflite.util_rules.sandbox_programs import (
    PrepareProgramRequest,
    RunProgramRequest,
    prepare_program,
)


@dataclass(frozen=True)
class MicroKernelTestFieldSet(KernelTestFields, TestFieldSet):
    required_fields = (KernelTestTflmField,)

    tflm: KernelTestTflmField

    @classmethod
    def opt_out(cls, target: Target) -> bool:
        return bool(target.get(SkipTestField).value)


class MicroKernelTestRequest(TestRequest):
    tool_subsystem = KernelTests  # type: ignore[assignment]
    field_set_type = MicroKernelTestFieldSet


@dataclass(frozen=True)
class RunMicroKernelTestRequest:
    """Asks for a run of the test of a kernel's micro variant."""

    fields: MicroKernelTestFieldSet

    def debug_hint(self) -> str:
        return str(self.fields.address)


@dataclass(frozen=True)
class TestedMicroKernelRequest:
    """Asks for a program with the micro variant of a test's kernel."""

    fields: MicroKernelTestFieldSet


@dataclass(frozen=True)
class TestedMicroKernel:
    op: CustomOp
    program: MeasuringProgram


@rule
async def build_tested_micro_kernel(request: TestedMicroKernelRequest) -> TestedMicroKernel:
    field, tflm = request.fields.custom_op, request.fields.tflm
    address = field.address
    reference, tree = await concurrently(
        resolve_reference(ReferenceRequest(field, field.value)),
        find_tflm_tree(TflmTreeRequest(tflm, tflm.value)),
    )
    op = CustomOp.create(reference.target)
    kernels = await find_micro_kernels(MicroKernelsRequest(address, (op,)))
    program = await build_measuring_program(
        BuildMeasuringProgramRequest(address=address, tree=tree, methods=(), kernels=kernels)
    )
    return TestedMicroKernel(op, program)


@rule(desc="Test a kernel with TFLite Micro")
async def run_micro_kernel_test(request: RunMicroKernelTestRequest) -> KernelTestRun:
    fields = request.fields
    cases, kernel, environment = await concurrently(
        collect_cases(KernelCasesRequest(fields)),
        build_tested_micro_kernel(TestedMicroKernelRequest(fields)),
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
    )
    staged = await add_prefix(AddPrefix(cases.digest, CASES_FOLDER))
    digest = await merge_digests(MergeDigests((staged, kernel.program.digest)))
    run = RunProgramRequest.create(
        fields.address,
        RunMicroCasesRequest(cases=CASES_FOLDER, op=kernel.op.name, program=kernel.program.path),
        environment,
        description=f"Test the kernel of {kernel.op.address} with TFLite Micro",
        input_digest=digest,
    )
    prepared = await prepare_program(PrepareProgramRequest(run))
    executed = await execute_in_environment(
        ExecuteInEnvironmentRequest(prepared.process, environment), **implicitly()
    )
    return KernelTestRun(fields.address, executed.result)


@rule(desc="Test a custom op with TFLite Micro", level=LogLevel.DEBUG)
async def test_micro_kernel(
    batch: MicroKernelTestRequest.Batch[MicroKernelTestFieldSet, Any], test_subsystem: TestSubsystem
) -> TestResult:
    field_set = batch.single_element
    try:
        run = await run_micro_kernel_test(RunMicroKernelTestRequest(field_set))
    except TfLiteError as error:
        return unbuilt_result(field_set.address, error, test_subsystem.output)
    report = await report_kernel_test(KernelReportRequest(run))
    return finished_result(run.address, run.process, report, test_subsystem.output)


def rules():
    return (*collect_rules(), *MicroKernelTestRequest.rules())
