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
from pants.core.subsystems.python_bootstrap import PythonBootstrap
from pants.engine.environment import LOCAL_ENVIRONMENT_MATCHER, EnvironmentName
from pants.engine.fs import CreateDigest, Digest, FileContent, MergeDigests
from pants.engine.internals.native_engine import ProcessExecutionEnvironment
from pants.engine.process import FallibleProcessResult, Process
from pants.option.global_options import GlobalOptions, NamedCachesDirOption
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pants_tflite.compat import (
    EnvironmentNameRequest,
    collect_rules,
    concurrently,
    create_digest,
    execute_process,
    implicitly,
    load_lockfile,
    merge_digests,
    resolve_environment_name,
    rule,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.util_rules.environment_installation import (
    ENVIRONMENTS_CACHE,
    ENVIRONMENTS_FOLDER,
    InstallEnvironmentRequest,
    InterpreterRequest,
    PackEnvironmentRequest,
    PythonEnvironmentRequest,
    find_interpreter_version,
    install_environment,
    pack_environment,
)

# The locale of whoever builds; Pants hands it on, and results must not depend on it.
_LOCALE_VARIABLES = ("LANG", "LANGUAGE", "LC_")
_PATH = "/usr/local/bin:/usr/bin:/bin"
NOT_INSTALLED_EXIT_CODE = 97
_NO_INTERPRETER = b"pants-tflite: there is no"
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

_PEX_ROOT = ".cache/pex_root"
# On another machine, which has an interpreter: it unpacks the environment, unless it has done so in a cache
# that it keeps.
_UNPACKING_SCRIPT = """\
#!/bin/sh
set -eu
sandbox=${{0%/*}}
python=
for place in {places}; do
  for candidate in "$place" "$place"/{python}; do
    if [ -z "$python" ] && [ -f "$candidate" ] && [ -x "$candidate" ]; then python=$candidate; fi
  done
done
if [ -z "$python" ]; then
  echo "pants-tflite: there is no" {python} "in" {places} >&2
  exit {exit_code}
fi
export PATH={path}
ask='import sys; print(sys.prefix)'
folder=$(PEX_ROOT="$sandbox/{pex_root}" PEX_IGNORE_RCFILES=true PEX_PYTHON="$python" PEX_INTERPRETER=1 \
  "$python" "$sandbox"/{pex} -c "$ask")
exec "$folder/bin/python" "$@"
"""


@dataclass(frozen=True)
class PythonEnvironment:
    """`python` starts its interpreter, with `digest` and `append_only_caches` around it.

    They are the same on each machine, wherever that has its interpreters and caches, so that results
    can be shared. `installation` says how it gets onto a machine that lacks it, if it can be missing.
    An environment that is not `kept` is gone with the sandbox of the process that started it.
    """

    name: str
    python: str
    digest: Digest
    append_only_caches: FrozenDict[str, str]
    installation: Optional[InstallEnvironmentRequest] = None
    kept: bool = True


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
class EnvironmentHereRequest:
    """Asks for an environment of steps that run on this machine."""

    environment: PythonEnvironmentRequest


@dataclass(frozen=True)
class EnvironmentElsewhereRequest:
    """Asks for an environment of steps that run on another machine: it is among what they take."""

    environment: PythonEnvironmentRequest


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


def unpacking_script(
    *, name: str, pex: str, interpreter: str, search_path: tuple[str, ...]
) -> FileContent:
    """Starts an environment that is packed in the file or folder `pex`, on any machine that has an interpreter
    of the minor version of `interpreter` in the `search_path`."""
    minor = ".".join(interpreter.rpartition("-")[2].split(".")[:2])
    script = _UNPACKING_SCRIPT.format(
        places=" ".join(shlex.quote(place) for place in search_path) or "''",
        python=f"python{minor}",
        exit_code=NOT_INSTALLED_EXIT_CODE,
        path=_PATH,
        pex_root=_PEX_ROOT,
        pex=shlex.quote(pex),
    )
    return FileContent(f"__{name}__.sh", script.encode(), is_executable=True)


@rule(desc="Set up a Python environment", level=LogLevel.DEBUG)
async def set_up_python_environment(
    request: PythonEnvironmentRequest, execution: ProcessExecutionEnvironment
) -> PythonEnvironment:
    if execution.remote_execution:
        return await set_up_environment_elsewhere(
            EnvironmentElsewhereRequest(request), **implicitly()
        )
    return await set_up_environment_here(EnvironmentHereRequest(request), **implicitly())


@rule(level=LogLevel.DEBUG)
async def set_up_environment_here(
    here: EnvironmentHereRequest, pex_environment: PexEnvironment, options: GlobalOptions
) -> PythonEnvironment:
    request = here.environment
    name = request.lockfile.resolve_name
    version, loaded = await concurrently(
        find_interpreter_version(
            InterpreterRequest(request.interpreter_constraints, name), **implicitly()
        ),
        load_lockfile(LoadedLockfileRequest(request.lockfile), **implicitly()),
    )
    key = environment_key(request, lockfile=loaded.lockfile_digest, interpreter=version.value)
    installation = InstallEnvironmentRequest(request, key, version.value)
    sandboxed = pex_environment.in_sandbox(working_directory=None)
    script = _start_script(
        key, str(sandboxed.pex_root), pex_environment.subprocess_environment_dict
    )
    digest = await create_digest(CreateDigest((script,)))
    caches = {**sandboxed.append_only_caches, ENVIRONMENTS_CACHE: ENVIRONMENTS_FOLDER}
    # With a remote cache, it is installed when a step must run: results may be there.
    if not options.remote_cache_read:
        installed = await install_environment(installation, **implicitly())
        caches.update(installed.append_only_caches)
    return PythonEnvironment(
        name=name,
        python=f"./{script.path}",
        digest=digest,
        append_only_caches=FrozenDict(caches),
        installation=installation,
    )


@rule(level=LogLevel.DEBUG)
async def set_up_environment_elsewhere(
    elsewhere: EnvironmentElsewhereRequest,
    execution: ProcessExecutionEnvironment,
    bootstrap: PythonBootstrap,
    options: GlobalOptions,
) -> PythonEnvironment:
    """This machine packs the environment, and the other one only unpacks it: it needs no index, no Pex, and no
    Python but its own."""
    request = elsewhere.environment
    name = request.lockfile.resolve_name
    if execution.name is None:
        raise TfLiteError(
            f"All processes run elsewhere, so that nothing can pack the Python environment `{name}` for them.\n\n"
            'Fix: Declare a `remote_environment(name="worker")`, say what its name is, as in '
            '`[environments-preview.names]` with `worker = "//:worker"`, and set `environment="worker"` on the '
            "targets that it is for. See docs/scaling.md."
        )
    here = await resolve_environment_name(
        EnvironmentNameRequest(LOCAL_ENVIRONMENT_MATCHER, f"the Python environment `{name}`"),
        **implicitly(),
    )
    packed = await pack_environment(
        PackEnvironmentRequest(request), **implicitly({here: EnvironmentName})
    )
    script = unpacking_script(
        name=name,
        pex=packed.pex,
        interpreter=packed.interpreter,
        search_path=bootstrap.interpreter_search_paths,
    )
    started = await create_digest(CreateDigest((script,)))
    return PythonEnvironment(
        name=name,
        python=f"./{script.path}",
        digest=await merge_digests(MergeDigests((packed.digest, started))),
        append_only_caches=FrozenDict({"pex_root": _PEX_ROOT}),
        kept=bool(options.remote_execution_append_only_caches_base_path),
    )


def _is_missing(result: FallibleProcessResult) -> bool:
    return result.exit_code == NOT_INSTALLED_EXIT_CODE and b"is not installed" in result.stderr


@rule(level=LogLevel.DEBUG)
async def execute_in_environment(
    request: ExecuteInEnvironmentRequest,
    named_caches: NamedCachesDirOption,
    execution: ProcessExecutionEnvironment,
) -> ExecutedInEnvironment:
    """Runs the process, or takes its result from a cache, and installs the environment only if it must
    run and this machine lacks it."""
    process = replace(request.process, remote_cache_speculation_delay_millis=_LOOKUP_MILLISECONDS)
    environment = request.environment
    if environment is None:
        return ExecutedInEnvironment(await execute_process(process, **implicitly()))
    if environment.installation is None:
        result = await execute_process(process, **implicitly())
        if result.exit_code == NOT_INSTALLED_EXIT_CODE and _NO_INTERPRETER in result.stderr:
            raise TfLiteError(
                f"{process.description}: the machine that it was sent to has no interpreter for it.\n\n"
                f"{result.stderr.decode(errors='replace').strip()}\n\n"
                "Fix: Install one there, or say where it is with the field `python_bootstrap_search_path` of the "
                "`remote_environment`."
            )
        return ExecutedInEnvironment(result)
    attempt = process
    link = Path(named_caches.val, ENVIRONMENTS_CACHE, environment.installation.key)
    is_here = not execution.remote_execution and execution.docker_image is None
    if is_here and not link.exists():
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
