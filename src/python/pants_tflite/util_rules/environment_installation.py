# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Installing a Python environment on this machine: one for each lockfile, whole, by Pex."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex import PexRequest, VenvPexRequest
from pants.backend.python.util_rules.pex_environment import PexEnvironment
from pants.backend.python.util_rules.pex_requirements import EntireLockfile, Lockfile
from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestSubset,
    FileContent,
    MergeDigests,
    PathGlobs,
)
from pants.engine.process import Process, ProcessCacheScope, ProcessExecutionFailure
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pants_tflite.compat import (
    CACHED_HERE,
    EnvironmentTarget,
    collect_rules,
    concurrently,
    create_digest,
    create_venv_pex,
    digest_subset_to_digest,
    execute_process,
    execute_process_or_raise,
    find_interpreter,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.resources import read_resource

logger = logging.getLogger(__name__)

_PACKAGE, _COMPILE_FILE, _LINK_FILE = (
    "pants_tflite.sandbox",
    "compile_environment.py",
    "link_environment.py",
)
_ASK_VERSION = (
    "import sys; print(sys.implementation.name, '.'.join(map(str, sys.version_info[:3])), sep='-')"
)
ENVIRONMENTS_CACHE = "pants_tflite_environments"
ENVIRONMENTS_FOLDER = f".cache/{ENVIRONMENTS_CACHE}"


@dataclass(frozen=True)
class PythonEnvironmentRequest:
    """An environment with everything that `lockfile` holds.

    Whole, because a requirements.txt lockfile cannot be taken in part, and because one environment
    on disk serves every target of the resolve.
    """

    lockfile: Lockfile
    interpreter_constraints: InterpreterConstraints
    pex_args: tuple[str, ...] = ()

    def to_pex_request(self) -> PexRequest:
        name = self.lockfile.resolve_name
        return PexRequest(
            output_filename=f"{name}_lockfile.pex",
            internal_only=True,
            requirements=EntireLockfile(self.lockfile),
            interpreter_constraints=self.interpreter_constraints,
            additional_args=self.pex_args,
            description=f"Install the Python environment `{name}` from {self.lockfile.url}",
            # Its key has paths of this machine, and it may have 300 MB: hardly another would take it.
            cache_scope=CACHED_HERE,
        )


@dataclass(frozen=True)
class InstallEnvironmentRequest:
    """Asks for an environment on this machine. `key` is its name in the named cache, which says what is
    in it, and `interpreter` what the interpreter calls itself. `again` installs one that is missing,
    whatever was installed before.
    """

    environment: PythonEnvironmentRequest
    key: str
    interpreter: str
    again: bool = False


@dataclass(frozen=True)
class UnpackEnvironmentRequest:
    """Asks for an environment that Pex has unpacked on this machine."""

    environment: PythonEnvironmentRequest


@dataclass(frozen=True)
class PackEnvironmentRequest:
    """Asks for an environment as files that another machine can unpack, if it is of the same kind."""

    environment: PythonEnvironmentRequest


@dataclass(frozen=True)
class PackedEnvironment:
    """`digest` holds `pex`. `interpreter` is what the one that it was packed for calls itself."""

    digest: Digest
    pex: str
    interpreter: str


@dataclass(frozen=True)
class InstalledEnvironment:
    """`python` starts its interpreter on this machine, with `digest` and `append_only_caches` around it.
    `digest` holds what it was unpacked from, which is `pex`."""

    python: str
    digest: Digest
    append_only_caches: FrozenDict[str, str]
    pex: str


@dataclass(frozen=True)
class CompileEnvironmentRequest:
    """Asks for an environment whose programs find compiled files, and start faster."""

    name: str
    environment: InstalledEnvironment


@dataclass(frozen=True)
class InterpreterRequest:
    """Asks for the version of the interpreter that an environment gets, for a clear error if there is none."""

    interpreter_constraints: InterpreterConstraints
    environment: str


@dataclass(frozen=True)
class CompiledEnvironment:
    environment: InstalledEnvironment


@dataclass(frozen=True)
class InterpreterVersion:
    """`value` is what the interpreter calls itself, such as `cpython-3.11.7`."""

    value: str


@rule(desc="Ask a Python interpreter for its version", level=LogLevel.DEBUG)
async def find_interpreter_version(
    request: InterpreterRequest, environment_target: EnvironmentTarget
) -> InterpreterVersion:
    constraints = " or ".join(str(constraint) for constraint in request.interpreter_constraints)
    try:
        # Pants asks for it, too, when it installs an environment, and looks once.
        python = await find_interpreter(request.interpreter_constraints, **implicitly())
    except ProcessExecutionFailure as error:
        raise TfLiteError(
            f"The Python environment `{request.environment}` needs an interpreter that is "
            f"{constraints}, and none was found.\n\n"
            "Fix: install one (with `uv python install`, `pyenv install` or your system's packages), "
            "and see that `[python-bootstrap].search_path` covers the place and that Pants' Pex "
            "knows this version.\n\n" + error.stderr.decode(errors="replace").strip()
        ) from error
    result = await execute_process_or_raise(
        **implicitly(
            Process(
                argv=(python.path, "-I", "-c", _ASK_VERSION),
                description=f"Ask {python.path} for its version",
                level=LogLevel.DEBUG,
                cache_scope=environment_target.executable_search_path_cache_scope(),
            )
        ),
    )
    return InterpreterVersion(result.stdout.decode().strip())


def _program(name: str) -> CreateDigest:
    return CreateDigest((FileContent(name, read_resource(_PACKAGE, name)),))


@rule(desc="Compile a Python environment", level=LogLevel.DEBUG)
async def compile_environment(request: CompileEnvironmentRequest) -> CompiledEnvironment:
    """Has the environment's files in the named cache compiled.

    This result may be remembered for longer than the named cache exists, so each program looks
    again (`ensure_compiled_if_asked`). Its failure never fails a build.
    """
    environment = request.environment
    program = await create_digest(_program(_COMPILE_FILE))
    input_digest = await merge_digests(MergeDigests((environment.digest, program)))
    result = await execute_process(
        Process(
            argv=(environment.python, "-I", _COMPILE_FILE),
            input_digest=input_digest,
            append_only_caches=environment.append_only_caches,
            description=f"Compile the Python environment `{request.name}`",
            level=LogLevel.INFO,
            cache_scope=CACHED_HERE,
        ),
        **implicitly(),
    )
    if result.exit_code != 0:
        logger.warning(
            f"The Python environment `{request.name}` could not be compiled, so that every "
            f"step in it starts more slowly.\n\n{result.stderr.decode(errors='replace').strip()}"
        )
    return CompiledEnvironment(environment)


@rule(desc="Unpack a Python environment", level=LogLevel.DEBUG)
async def unpack_environment(
    request: UnpackEnvironmentRequest, pex_environment: PexEnvironment
) -> InstalledEnvironment:
    sandboxed = pex_environment.in_sandbox(working_directory=None)
    # Copies, which Pex makes by hard links: the compiled file of a symlinked one would be written to the
    # wheels that Pex makes other environments from.
    venv_pex = await create_venv_pex(
        VenvPexRequest(request.environment.to_pex_request(), sandboxed, site_packages_copies=True),
        **implicitly(),
    )
    caches = {**sandboxed.append_only_caches, **(venv_pex.append_only_caches or {})}
    return InstalledEnvironment(
        python=venv_pex.python.argv0,
        digest=venv_pex.digest,
        append_only_caches=FrozenDict(caches),
        pex=venv_pex.pex_filename,
    )


@rule(desc="Pack a Python environment", level=LogLevel.DEBUG)
async def pack_environment(request: PackEnvironmentRequest) -> PackedEnvironment:
    environment = request.environment
    unpacked, version = await concurrently(
        unpack_environment(UnpackEnvironmentRequest(environment), **implicitly()),
        find_interpreter_version(
            InterpreterRequest(
                environment.interpreter_constraints, environment.lockfile.resolve_name
            ),
            **implicitly(),
        ),
    )
    # Next to it are scripts with paths of this machine.
    globs = PathGlobs((unpacked.pex, f"{unpacked.pex}/**"))
    digest = await digest_subset_to_digest(DigestSubset(unpacked.digest, globs))
    return PackedEnvironment(digest, unpacked.pex, version.value)


@rule(desc="Install a Python environment", level=LogLevel.DEBUG)
async def install_environment(
    request: InstallEnvironmentRequest, pex_environment: PexEnvironment
) -> InstalledEnvironment:
    name = request.environment.lockfile.resolve_name
    sandboxed = pex_environment.in_sandbox(working_directory=None)
    unpacked = await unpack_environment(
        UnpackEnvironmentRequest(request.environment), **implicitly()
    )
    program = await create_digest(_program(_LINK_FILE))
    input_digest = await merge_digests(MergeDigests((unpacked.digest, program)))
    linked = await execute_process(
        Process(
            argv=(
                unpacked.python,
                "-I",
                _LINK_FILE,
                str(sandboxed.pex_root),
                f"{ENVIRONMENTS_FOLDER}/{request.key}",
                request.interpreter,
            ),
            input_digest=input_digest,
            append_only_caches=FrozenDict(
                {**unpacked.append_only_caches, ENVIRONMENTS_CACHE: ENVIRONMENTS_FOLDER}
            ),
            description=f"Register the Python environment `{name}`",
            level=LogLevel.DEBUG,
            cache_scope=(ProcessCacheScope.PER_SESSION if request.again else CACHED_HERE),
        ),
        **implicitly(),
    )
    if linked.exit_code != 0:
        raise TfLiteError(
            f"The Python environment `{name}` could not be registered.\n\n"
            + linked.stderr.decode(errors="replace").strip()
        )
    compiled = await compile_environment(CompileEnvironmentRequest(name, unpacked))
    return compiled.environment


def rules():
    return collect_rules()
