# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""zig in a sandbox: how it is started, and what it needs around it."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.fs import CreateDigest, Digest, MergeDigests
from pants.engine.process import Process
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.util_rules.environment_processes import (
    ExecuteInEnvironmentRequest,
    PythonEnvironment,
    execute_in_environment,
)
from pants_tflite.util_rules.python_environments import ZigEnvironmentRequest, find_zig_environment
from pants_tflite.util_rules.sandbox_programs import program_files
from pants_tflite.util_rules.steps import PROGRAMS_ROOT

_PROGRAM = "pants_tflite.sandbox.binaries.run_zig"
# One per machine, for what zig itself builds: C runtimes and libc++, for each platform.
_GLOBAL_CACHE = "__zig_cache__"
_ENVIRONMENT = FrozenDict(
    {
        "HOME": "__home__",
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": PROGRAMS_ROOT,
        "ZIG_GLOBAL_CACHE_DIR": _GLOBAL_CACHE,
        "ZIG_LOCAL_CACHE_DIR": "__zig_local_cache__",
    }
)


@dataclass(frozen=True)
class ZigRequest:
    """Asks for zig, ready to be started."""


@dataclass(frozen=True)
class ZigInstallation:
    """`command` starts zig in the `environment`, with `digest`, `env` and `append_only_caches` around it."""

    command: tuple[str, ...]
    digest: Digest
    env: FrozenDict[str, str]
    append_only_caches: FrozenDict[str, str]
    version: str
    environment: PythonEnvironment


@rule(desc="Set up zig", level=LogLevel.DEBUG)
async def set_up_zig(_: ZigRequest) -> ZigInstallation:
    environment, programs = await concurrently(
        find_zig_environment(ZigEnvironmentRequest(), **implicitly()),
        create_digest(CreateDigest(program_files(_PROGRAM))),
    )
    digest = await merge_digests(MergeDigests((environment.digest, programs)))
    command = (environment.python, "-m", _PROGRAM)
    caches = FrozenDict({**environment.append_only_caches, "pants_tflite_zig": _GLOBAL_CACHE})
    process = Process(
        argv=(*command, "version"),
        env=_ENVIRONMENT,
        input_digest=digest,
        append_only_caches=caches,
        description="Ask zig for its version",
        level=LogLevel.DEBUG,
    )
    executed = await execute_in_environment(
        ExecuteInEnvironmentRequest(process, environment), **implicitly()
    )
    version = executed.result
    if version.exit_code != 0:
        raise TfLiteError(
            "zig could not be started to tell its version.\n\n"
            + version.stderr.decode(errors="replace").strip()
        )
    return ZigInstallation(
        command=command,
        digest=digest,
        env=_ENVIRONMENT,
        append_only_caches=caches,
        version=version.stdout.decode().strip(),
        environment=environment,
    )


def rules():
    return collect_rules()
