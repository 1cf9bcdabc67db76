# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Steps: the processes that make what users ship. `pants tflite-reproduce` compares two runs of each."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from typing import Optional

from pants.engine.fs import Digest, DigestSubset, PathGlobs
from pants.engine.process import FallibleProcessResult, Process
from pants.util.frozendict import FrozenDict

from pants_tflite.compat import (
    collect_rules,
    digest_subset_to_digest,
    get_digest_contents,
    implicitly,
    rule,
)
from pants_tflite.subsystems.step_records import StepRecords
from pants_tflite.util_rules.environment_processes import (
    ExecuteInEnvironmentRequest,
    PythonEnvironment,
    execute_in_environment,
)

# Where the programs of this backend are in a sandbox; `sources` are the user's.
PROGRAMS_ROOT = "__programs__"
_SOURCES = PathGlobs(("**/*.py", f"!{PROGRAMS_ROOT}/**", "!*.pex/**", "!.*/**"))
# Its value names the run, so that no result of another run is taken for it.
RUN_VARIABLE = "PANTS_TFLITE_RUN"


@dataclass(frozen=True)
class StepRecord:
    """What a step took and yielded.

    `inputs` and `outputs` are fingerprints of directories, `outputs_size` is what Pants wants to know to
    find that directory in its store, and `sources` the paths and the texts of the user's code. `address`
    is the target that the step is for, if a program of this backend ran.
    """

    description: str
    inputs: str
    outputs: str
    outputs_size: int
    exit_code: int
    sources: tuple[tuple[str, str], ...]
    address: str = ""

    def render(self) -> str:
        return json.dumps(asdict(self), sort_keys=True) + "\n"

    @classmethod
    def parse(cls, line: str) -> StepRecord:
        fields = json.loads(line)
        sources = tuple((path, text) for path, text in fields.pop("sources"))
        return cls(**fields, sources=sources)

    @property
    def digest(self) -> Digest:
        """Of its outputs."""
        return Digest(self.outputs, self.outputs_size)


@dataclass(frozen=True)
class ExecuteStepRequest:
    """Runs a process whose outputs a user may ship, for the target at `address`. It starts with the
    `environment`, if it has one.
    """

    process: Process
    environment: Optional[PythonEnvironment] = None
    address: str = ""

    def debug_hint(self) -> str:
        return self.process.description


@dataclass(frozen=True)
class ExecutedStep:
    result: FallibleProcessResult


@rule
async def execute_step(request: ExecuteStepRequest, records: StepRecords) -> ExecutedStep:
    process = request.process
    if records.file is None:
        executed = await execute_in_environment(
            ExecuteInEnvironmentRequest(process, request.environment), **implicitly()
        )
        return ExecutedStep(executed.result)
    process = replace(process, env=FrozenDict({**process.env, RUN_VARIABLE: records.file}))
    executed = await execute_in_environment(
        ExecuteInEnvironmentRequest(process, request.environment), **implicitly()
    )
    result = executed.result
    code = await digest_subset_to_digest(DigestSubset(process.input_digest, _SOURCES))
    sources = await get_digest_contents(code)
    record = StepRecord(
        description=process.description,
        inputs=process.input_digest.fingerprint,
        outputs=result.output_digest.fingerprint,
        outputs_size=result.output_digest.serialized_bytes_length,
        exit_code=result.exit_code,
        sources=tuple((file.path, file.content.decode(errors="replace")) for file in sources),
        address=request.address,
    )
    # One write: several steps may end at the same time.
    descriptor = os.open(records.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, record.render().encode())
    finally:
        os.close(descriptor)
    return ExecutedStep(result)


def rules():
    return collect_rules()
