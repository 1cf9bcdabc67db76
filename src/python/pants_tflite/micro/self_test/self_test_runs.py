# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants test` for `tflite_micro_library`: its self-test, on the host and in QEMU, and its instructions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from pants.core.goals.test import TestFieldSet, TestRequest, TestResult, TestSubsystem
from pants.engine.fs import CreateDigest, FileContent, FileEntry
from pants.engine.process import Process, ProcessCacheScope, ProcessResultMetadata
from pants.engine.target import Target, WrappedTargetRequest
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pants_tflite.cc.platforms import PLATFORMS, Platform, host_platform
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    execute_process,
    get_digest_entries,
    implicitly,
    resolve_target,
    rule,
    test_result,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.micro.counting.budgets import check_instructions
from pants_tflite.micro.counting.instruction_counts import (
    CountInstructionsRequest,
    count_instructions,
)
from pants_tflite.micro.field_sets import MicroLibraryFieldSet, MicroSettings
from pants_tflite.micro.npu.target_types import MicroNpuField
from pants_tflite.micro.qemu.boards import BOARDS
from pants_tflite.micro.qemu.emulator import QemuRequest, find_qemu
from pants_tflite.micro.self_test.self_test_program import BuildSelfTestRequest, build_self_test
from pants_tflite.micro.subsystems.self_tests import MicroSelfTest
from pants_tflite.micro.target_types import MicroLayoutField, MicroTflmField


@dataclass(frozen=True)
class MicroSelfTestFieldSet(TestFieldSet):
    required_fields = (MicroLayoutField,)

    @classmethod
    def opt_out(cls, target: Target) -> bool:
        """Without a tree of TFLite Micro there is nothing to compile with, and no host has an NPU."""
        return target[MicroTflmField].value is None or target[MicroNpuField].value is not None


class MicroSelfTestRequest(TestRequest):
    tool_subsystem = MicroSelfTest  # type: ignore[assignment]
    field_set_type = MicroSelfTestFieldSet


@dataclass(frozen=True)
class RunSelfTestRequest:
    """Asks for a self-test on `platform`: the host itself, or a board of QEMU's."""

    field_set: MicroLibraryFieldSet
    platform: Platform
    force: bool


@dataclass(frozen=True)
class SelfTestRun:
    """`heading` says on what it ran, or why it did not run; then there is no `metadata`."""

    heading: str
    output: str = ""
    exit_code: int = 0
    metadata: Optional[ProcessResultMetadata] = None

    def render(self) -> str:
        lines = (f"  {line.rstrip()}\n" for line in self.output.splitlines())
        return f"{self.heading}\n{''.join(lines)}"


@rule(desc="Run a TFLite Micro self-test", level=LogLevel.DEBUG)
async def run_self_test(request: RunSelfTestRequest, subsystem: MicroSelfTest) -> SelfTestRun:
    field_set, platform = request.field_set, request.platform
    built = await build_self_test(BuildSelfTestRequest(field_set, platform))
    program = built.program
    board = BOARDS.get(platform.name)
    argv: tuple[str, ...] = (f"./{program.path}",)
    version = ""
    where = f"the host ({platform})"
    if board is not None:
        qemu = await find_qemu(QemuRequest(board.family.qemu), **implicitly())
        if qemu.path is None:
            return SelfTestRun(f"{platform}: compiled, not run: {board.family.not_found}.")
        argv, version = board.argv(qemu.path, program.path), qemu.version
        where = f"{platform} in QEMU ({board.machine})"
    sizes = built.sizes
    result = await execute_process(
        Process(
            argv=argv,
            env=FrozenDict({"PANTS_TFLITE_EMULATOR": version} if version else {}),
            input_digest=program.digest,
            description=f"Run the self-test of {field_set.address} on {where}",
            timeout_seconds=subsystem.timeout_seconds,
            cache_scope=(
                ProcessCacheScope.PER_SESSION if request.force else ProcessCacheScope.SUCCESSFUL
            ),
        ),
        **implicitly(),
    )
    return SelfTestRun(
        heading=f"{where}: {built.tools.tree.kernels} kernels, {sizes.text} bytes of text ({built.golden_bytes} of them golden vectors), "
        f"{sizes.data} of data, {sizes.bss} of bss",
        output=(result.stdout + result.stderr).decode(errors="replace"),
        exit_code=result.exit_code,
        metadata=result.metadata,
    )


@rule(desc="Report a library's instructions", level=LogLevel.DEBUG)
async def report_instructions(request: CountInstructionsRequest) -> SelfTestRun:
    field_set, platform = request.field_set, request.platform
    counted, built = await concurrently(
        count_instructions(request, **implicitly()),
        build_self_test(BuildSelfTestRequest(field_set, platform)),
    )
    kernels = built.tools.kernels
    output, exit_code = "\n".join(counted.render()), 0
    try:
        check_instructions(field_set.max_instructions, counted, kernels)
    except TfLiteError as error:
        output, exit_code = f"{output}\nFAIL: {error}", 1
    return SelfTestRun(f"instructions on {platform} with {kernels} kernels:", output, exit_code)


@rule(desc="Test a TFLite Micro library", level=LogLevel.DEBUG)
async def test_micro_library(
    batch: MicroSelfTestRequest.Batch[MicroSelfTestFieldSet, Any], test_subsystem: TestSubsystem
) -> TestResult:
    address = batch.single_element.address
    wrapped = await resolve_target(
        WrappedTargetRequest(address, description_of_origin="the goal `test`"), **implicitly()
    )
    field_set = MicroLibraryFieldSet.create(wrapped.target)
    cpu = MicroSettings.create(field_set).cpu
    platforms = (host_platform(), *((PLATFORMS[cpu],) if cpu else ()))
    runs = await concurrently(
        run_self_test(RunSelfTestRequest(field_set, platform, test_subsystem.force), **implicitly())
        for platform in platforms
    )
    # What a wrong interpreter takes is of no use, and its failure is the one to read.
    if cpu and not any(run.exit_code for run in runs):
        counting = CountInstructionsRequest(field_set, PLATFORMS[cpu])
        runs = (*runs, await report_instructions(counting))
    text = "\n".join(run.render() for run in runs).encode()
    files = await create_digest(
        CreateDigest((FileContent("stdout", text), FileContent("stderr", b"")))
    )
    entries = await get_digest_entries(files)
    digests = {entry.path: entry.file_digest for entry in entries if isinstance(entry, FileEntry)}
    return test_result(
        exit_code=next((run.exit_code for run in runs if run.exit_code), 0),
        stdout=text,
        stdout_digest=digests["stdout"],
        stderr=b"",
        stderr_digest=digests["stderr"],
        addresses=(address,),
        output_setting=test_subsystem.output,
        result_metadata=next(run.metadata for run in runs if run.metadata is not None),
    )


def rules():
    return (*collect_rules(), *MicroSelfTestRequest.rules())
