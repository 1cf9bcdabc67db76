# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`tflite_custom_op_test`: a kernel over cases, each in a model of that one op."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Type

from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, Digest, MergeDigests
from pants.engine.process import FallibleProcessResult
from pants.engine.target import Dependencies, Field, FieldSet
from pants.util.frozendict import FrozenDict

from pants_tflite.cc.platforms import host_platform
from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.custom_ops.libraries import CustomOpLibraryRequest, build_library
from pants_tflite.custom_ops.sanitizers import SanitizedKernelRequest, build_sanitized_kernel
from pants_tflite.custom_ops.target_types import (
    KernelCasesField,
    SanitizersField,
    TestedOpField,
)
from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.kernel_tests.run_kernel_cases_protocol import RunCasesRequest
from pants_tflite.sandbox.kernel_tests.write_kernel_cases_protocol import WriteCasesRequest
from pants_tflite.target_types import InputsField, TensorFlowResolveField
from pants_tflite.util_rules.entry_point_calls import PrepareCallRequest, prepare_call
from pants_tflite.util_rules.environment_processes import (
    ExecuteInEnvironmentRequest,
    execute_in_environment,
)
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    ResolveEnvironmentRequest,
    find_environment_of_resolve,
    find_litert_environment,
)
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference
from pants_tflite.util_rules.sandbox_programs import (
    PrepareProgramRequest,
    RunProgramRequest,
    prepare_program,
    run_program,
)

CASES_FOLDER = "__cases__"


@dataclass(frozen=True)
class KernelTestFields(FieldSet):
    # Annotated, so that the test of each variant may require fields of its own instead.
    required_fields: ClassVar[tuple[Type[Field], ...]] = (TestedOpField, KernelCasesField)

    custom_op: TestedOpField
    entry_point: KernelCasesField
    inputs: InputsField
    dependencies: Dependencies
    resolve: TensorFlowResolveField
    sanitizers: SanitizersField


@dataclass(frozen=True)
class KernelCasesRequest:
    """Asks for the cases of a test, as files."""

    fields: KernelTestFields


@dataclass(frozen=True)
class KernelCases:
    digest: Digest


@dataclass(frozen=True)
class TestedKernelRequest:
    """Asks for the kernel of a test, for this machine."""

    fields: KernelTestFields


@dataclass(frozen=True)
class TestedKernel:
    """The shared library at `path` in `digest`, and the environment of the process that loads it."""

    op: CustomOp
    digest: Digest
    path: str
    env: FrozenDict[str, str] = FrozenDict()


@dataclass(frozen=True)
class RunKernelTestRequest:
    """Asks for a run of a kernel's test."""

    fields: KernelTestFields

    def debug_hint(self) -> str:
        return str(self.fields.address)


@dataclass(frozen=True)
class KernelTestRun:
    """`process` ended with 0 if all cases passed."""

    address: Address
    process: FallibleProcessResult


@rule
async def collect_cases(request: KernelCasesRequest) -> KernelCases:
    fields = request.fields
    call_request = PrepareCallRequest(
        address=fields.address,
        entry_point=fields.entry_point,
        inputs=fields.inputs,
        dependencies=fields.dependencies,
        resolve=fields.resolve,
    )
    prepared, environment = await concurrently(
        prepare_call(call_request, **implicitly()),
        find_environment_of_resolve(ResolveEnvironmentRequest(fields.resolve), **implicitly()),
    )
    result = await run_program(
        RunProgramRequest.create(
            fields.address,
            WriteCasesRequest(prepared.call),
            environment,
            description=f"Collect the cases of {fields.address}",
            input_digest=prepared.digest,
            source_roots=prepared.source_roots,
        )
    )
    return KernelCases(result.digest)


@rule
async def build_tested_kernel(request: TestedKernelRequest) -> TestedKernel:
    field = request.fields.custom_op
    reference = await resolve_reference(ReferenceRequest(field, field.value))
    target, sanitizers = reference.target, request.fields.sanitizers.checked
    op = CustomOp.create(target)
    if sanitizers:
        kernel = await build_sanitized_kernel(
            SanitizedKernelRequest(field.address, target, sanitizers)
        )
        return TestedKernel(op=op, digest=kernel.digest, path=kernel.path, env=kernel.env)
    library = await build_library(CustomOpLibraryRequest((target.address,), host_platform()))
    assert library.shared is not None
    return TestedKernel(op, library.shared.digest, library.shared.path)


@rule(desc="Test a kernel")
async def run_kernel_test(request: RunKernelTestRequest) -> KernelTestRun:
    fields = request.fields
    cases, kernel, environment = await concurrently(
        collect_cases(KernelCasesRequest(fields)),
        build_tested_kernel(TestedKernelRequest(fields)),
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
    )
    staged = await add_prefix(AddPrefix(cases.digest, CASES_FOLDER))
    digest = await merge_digests(MergeDigests((staged, kernel.digest)))
    run = RunProgramRequest.create(
        fields.address,
        RunCasesRequest(
            CASES_FOLDER, KernelLibrary(kernel.op.name, kernel.path, kernel.op.registration)
        ),
        environment,
        description=f"Test the kernel of {kernel.op.address}",
        input_digest=digest,
    )
    prepared = await prepare_program(PrepareProgramRequest(run))
    process = prepared.process
    process = replace(process, env=FrozenDict({**process.env, **kernel.env}))
    executed = await execute_in_environment(
        ExecuteInEnvironmentRequest(process, environment), **implicitly()
    )
    return KernelTestRun(fields.address, executed.result)


def rules():
    return collect_rules()
