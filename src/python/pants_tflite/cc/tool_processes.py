# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Running a compiler, archiver or linker as a cached process."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import Digest, MergeDigests
from pants.engine.process import Process
from pants.util.logging import LogLevel

from pants_tflite.cc.toolchain import Toolchain
from pants_tflite.compat import collect_rules, implicitly, merge_digests, rule
from pants_tflite.errors import crash
from pants_tflite.util_rules.steps import ExecuteStepRequest, execute_step

# A shell, and Pants itself, report a crash by a signal with a number beyond these.
_ENDED_BY_ITSELF = range(0, 128)


@dataclass(frozen=True)
class ToolProcessRequest:
    """Runs `argv`, which `toolchain` made, over `digest`; the tool writes the file `output`.

    `address` is named if the tool crashes, and is not part of the process.
    """

    address: Address
    toolchain: Toolchain
    argv: tuple[str, ...]
    digest: Digest
    output: str
    description: str

    def debug_hint(self) -> str:
        return f"{self.description} ({self.address})"


@dataclass(frozen=True)
class FallibleToolResult:
    """`digest` holds only the output; `text` is all that the tool printed."""

    exit_code: int
    digest: Digest
    text: str


@rule
async def run_tool(request: ToolProcessRequest) -> FallibleToolResult:
    toolchain = request.toolchain
    digest = await merge_digests(MergeDigests((toolchain.digest, request.digest)))
    process = Process(
        argv=request.argv,
        env=toolchain.env,
        input_digest=digest,
        output_files=(request.output,),
        append_only_caches=toolchain.append_only_caches,
        description=request.description,
        level=LogLevel.INFO,
    )
    executed = await execute_step(
        ExecuteStepRequest(process, toolchain.environment), **implicitly()
    )
    result = executed.result
    stdout = result.stdout.decode(errors="replace")
    stderr = result.stderr.decode(errors="replace")
    if result.exit_code not in _ENDED_BY_ITSELF:
        raise crash(
            request.address,
            step=request.description,
            exit_code=result.exit_code,
            stdout=stdout,
            stderr=stderr,
        )
    return FallibleToolResult(result.exit_code, result.output_digest, f"{stdout}{stderr}".strip())


def rules():
    return collect_rules()
