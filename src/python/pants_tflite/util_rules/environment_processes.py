# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Python environments as steps see them: by name, wherever this machine has them."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Optional

from pants.backend.python.util_rules.pex_environment import PexEnvironment
from pants.backend.python.util_rules.pex_requirements import LoadedLockfileRequest
from pants.engine.fs import CreateDigest, Digest, FileContent
from pants.engine.process import FallibleProcessResult, Process
from pants.option.global_options import GlobalOptions
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pants_tflite.compat import (
    EnvironmentTarget,
    collect_rules,
    concurrently,
    create_digest,
    execute_process,
    implicitly,
    is_remote,
    load_lockfile,
    rule,
)
from pants_tflite.util_rules.environment_installation import (
    ENVIRONMENTS_CACHE,
    ENVIRONMENTS_FOLDER,
    InstallEnvironmentRequest,
    InterpreterRequest,
    PythonEnvironmentRequest,
    find_interpreter,
    install_environment,
)

# The locale of whoever builds; Pants hands it on, and results must not depend on it.
_LOCALE_VARIABLES = ("LANG", "LANGUAGE", "LC_")
_PATH = "/usr/local/bin:/usr/bin:/bin"
NOT_INSTALLED_EXIT_CODE = 97
# With a remote cache, Pants would start a step while it still asks whether it has the result.
_LOOKUP_MILLISECONDS = 30_000

# It knows nothing of the machine that it runs on, so that it is the same on each: where the environment
# is, and with that the interpreter, stands in the file that it reads.
_START_SCRIPT = """\
#!/bin/sh
set -eu
sandbox=${{0%/*}}
link="$sandbox/{links}"/{key}
folder=
if [ -r "$link" ]; then read -r folder < "$link" || :; fi
python="$sandbox/{pex_root}/$folder/bin/python"
if [ -z "$folder" ] || [ ! -x "$python" ]; then
  echo "pants-tflite: the Python environment" {key} "is not installed" >&2
  exit {exit_code}
fi
export PATH={path}{variables}
exec "$python" "$@"
"""


@dataclass(frozen=True)
class PythonEnvironment:
    """`python` starts its interpreter, with `digest` and `append_only_caches` around it.

    They are the same on each machine, wherever that has its interpreters and caches, so that results
    can be shared. `installation` says how it gets onto a machine that lacks it, if it can be missing.
    """

    name: str
    python: str
    digest: Digest
    append_only_caches: FrozenDict[str, str]
    installation: Optional[InstallEnvironmentRequest] = None


@dataclass(frozen=True)
class EnsureInstalledRequest:
    """Asks for an environment that is on this machine, for a program that runs in the foreground."""

    environment: PythonEnvironment


@dataclass(frozen=True)
class ExecuteInEnvironmentRequest:
    """Runs a process that starts with the `environment`, if it has one."""

    process: Process
    environment: Optional[PythonEnvironment]


@dataclass(frozen=True)
class ExecutedInEnvironment:
    result: FallibleProcessResult


@dataclass(frozen=True)
class EnvironmentPolicy:
    """`travels` if steps run elsewhere, so that an environment must be among what a step takes.
    `waits` if one is installed only when a step must run, since its result may be in a remote cache.
    """

    travels: bool
    waits: bool


def _policy(options: GlobalOptions, environment: EnvironmentTarget) -> EnvironmentPolicy:
    travels = is_remote(environment) or options.remote_execution
    return EnvironmentPolicy(travels=travels, waits=not travels and options.remote_cache_read)


def environment_key(
    request: PythonEnvironmentRequest, *, lockfile: Digest, interpreter: str
) -> str:
    """The name of an environment in the named cache: of what it is made, not of where it is."""
    ingredients = (
        lockfile.fingerprint,
        [str(constraint) for constraint in request.interpreter_constraints],
        interpreter,
        request.pex_args,
    )
    name = request.lockfile.resolve_name
    return f"{name}-{sha256(json.dumps(ingredients).encode()).hexdigest()[:16]}"


def _start_script(key: str, pex_root: str, variables: FrozenDict[str, str]) -> FileContent:
    exported = "".join(
        f" {variable}={shlex.quote(value)}"
        for variable, value in sorted(variables.items())
        if not variable.startswith(_LOCALE_VARIABLES)
    )
    script = _START_SCRIPT.format(
        links=ENVIRONMENTS_FOLDER,
        key=shlex.quote(key),
        pex_root=pex_root,
        exit_code=NOT_INSTALLED_EXIT_CODE,
        path=_PATH,
        variables=exported,
    )
    return FileContent(f"__{key}__.sh", script.encode(), is_executable=True)


@rule(desc="Set up a Python environment", level=LogLevel.DEBUG)
async def set_up_python_environment(
    request: PythonEnvironmentRequest,
    pex_environment: PexEnvironment,
    global_options: GlobalOptions,
    environment_target: EnvironmentTarget,
) -> PythonEnvironment:
    name = request.lockfile.resolve_name
    policy = _policy(global_options, environment_target)
    found, loaded = await concurrently(
        find_interpreter(InterpreterRequest(request.interpreter_constraints, name), **implicitly()),
        load_lockfile(LoadedLockfileRequest(request.lockfile), **implicitly()),
    )
    key = environment_key(request, lockfile=loaded.lockfile_digest, interpreter=found.version)
    installation = InstallEnvironmentRequest(request, key, found.version)
    if policy.travels:
        installed = await install_environment(installation, **implicitly())
        return PythonEnvironment(
            name=name,
            python=installed.python,
            digest=installed.digest,
            append_only_caches=installed.append_only_caches,
        )
    sandboxed = pex_environment.in_sandbox(working_directory=None)
    script = _start_script(
        key, str(sandboxed.pex_root), pex_environment.subprocess_environment_dict
    )
    digest = await create_digest(CreateDigest((script,)))
    caches = {**sandboxed.append_only_caches, ENVIRONMENTS_CACHE: ENVIRONMENTS_FOLDER}
    if not policy.waits:
        installed = await install_environment(installation, **implicitly())
        caches.update(installed.append_only_caches)
    return PythonEnvironment(
        name=name,
        python=f"./{script.path}",
        digest=digest,
        append_only_caches=FrozenDict(caches),
        installation=installation,
    )


def _is_missing(result: FallibleProcessResult) -> bool:
    return result.exit_code == NOT_INSTALLED_EXIT_CODE and b"is not installed" in result.stderr


@rule(level=LogLevel.DEBUG)
async def execute_in_environment(
    request: ExecuteInEnvironmentRequest,
    pex_environment: PexEnvironment,
    environment_target: EnvironmentTarget,
) -> ExecutedInEnvironment:
    """Runs the process, or takes its result from a cache, and installs the environment only if it must
    run and this machine lacks it."""
    process = replace(request.process, remote_cache_speculation_delay_millis=_LOOKUP_MILLISECONDS)
    environment = request.environment
    if environment is None or environment.installation is None:
        return ExecutedInEnvironment(await execute_process(process, **implicitly()))
    attempt = process
    link = Path(pex_environment.named_caches_dir, ENVIRONMENTS_CACHE, environment.installation.key)
    if environment_target.val is None and not link.exists():
        # Unless a cache has its result, the step ends at once, and does not look as if it had run.
        attempt = replace(
            process, description=f"Look in the caches: {process.description}", level=LogLevel.DEBUG
        )
    result = await execute_process(attempt, **implicitly())
    if not _is_missing(result):
        return ExecutedInEnvironment(result)
    installed = await install_environment(
        replace(environment.installation, again=True), **implicitly()
    )
    # The engine remembers how the same process ended, so that this is another one. What differs is no
    # part of the key in a cache, where whoever asks next finds the result.
    again = replace(
        process,
        append_only_caches=FrozenDict(
            {**process.append_only_caches, **installed.append_only_caches}
        ),
        remote_cache_speculation_delay_millis=_LOOKUP_MILLISECONDS + 1,
    )
    return ExecutedInEnvironment(await execute_process(again, **implicitly()))


@rule
async def ensure_installed(request: EnsureInstalledRequest) -> PythonEnvironment:
    installation = request.environment.installation
    if installation is None:
        return request.environment
    installed = await install_environment(replace(installation, again=True), **implicitly())
    caches = {**request.environment.append_only_caches, **installed.append_only_caches}
    return replace(request.environment, append_only_caches=FrozenDict(caches))


def rules():
    return collect_rules()
