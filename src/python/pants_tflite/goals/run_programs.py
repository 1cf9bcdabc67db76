# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The command of `pants run`: a program of `sandbox/` in its environment, over files of a build."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pants.core.goals.run import RunRequest
from pants.engine.fs import CreateDigest, Digest, MergeDigests

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.sandbox.compile_environment import COMPILE_VARIABLE
from pants_tflite.util_rules.environment_processes import (
    EnsureInstalledRequest,
    PythonEnvironment,
    ensure_installed,
)
from pants_tflite.util_rules.sandbox_programs import program_files
from pants_tflite.util_rules.steps import PROGRAMS_ROOT


@dataclass(frozen=True)
class PrepareRunRequest:
    """Asks for a command that runs `program` with `arguments`, before those that a user adds. Options
    in `files` have a path in `digest` each."""

    program: str
    environment: PythonEnvironment
    digest: Digest
    files: tuple[tuple[str, str], ...]
    arguments: tuple[str, ...] = ()


def _in_chroot(path: str) -> str:
    return os.path.join("{chroot}", path)


@rule
async def prepare_run(request: PrepareRunRequest) -> RunRequest:
    environment, programs = await concurrently(
        ensure_installed(EnsureInstalledRequest(request.environment), **implicitly()),
        create_digest(CreateDigest(program_files(request.program))),
    )
    digest = await merge_digests(MergeDigests((environment.digest, programs, request.digest)))
    options = (part for name, path in request.files for part in (name, _in_chroot(path)))
    return RunRequest(
        digest=digest,
        args=(
            _in_chroot(environment.python),
            "-m",
            request.program,
            *options,
            *request.arguments,
        ),
        extra_env={
            COMPILE_VARIABLE: "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": _in_chroot(PROGRAMS_ROOT),
        },
        append_only_caches=environment.append_only_caches,
    )


def rules():
    return collect_rules()
