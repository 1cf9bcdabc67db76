# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Python environments that sandbox programs run in: one for each lockfile, installed whole."""

from __future__ import annotations

import logging
import pkgutil
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonResolveField
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexRequest
from pants.backend.python.util_rules.pex_cli import PexCliProcess
from pants.backend.python.util_rules.pex_environment import PexEnvironment
from pants.backend.python.util_rules.pex_requirements import EntireLockfile, Lockfile
from pants.engine.fs import CreateDigest, FileContent, MergeDigests
from pants.engine.process import Process
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pants_tflite.compat import (
    EnvironmentTarget,
    collect_rules,
    create_digest,
    create_venv_pex,
    execute_process,
    implicitly,
    merge_digests,
    rule,
    setup_pex_cli_process,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.subsystems.jgo import Jgo
from pants_tflite.subsystems.litert import LiteRt
from pants_tflite.subsystems.netron import Netron
from pants_tflite.subsystems.report import ReportDrawing
from pants_tflite.subsystems.scoring import Scoring
from pants_tflite.subsystems.tf_keras import TfKeras
from pants_tflite.subsystems.zig import Zig

logger = logging.getLogger(__name__)

_COMPILE_PACKAGE, _COMPILE_FILE = "pants_tflite.sandbox", "compile_environment.py"


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
        )


@dataclass(frozen=True)
class PythonEnvironment:
    name: str
    venv_pex: VenvPex


@dataclass(frozen=True)
class ResolveEnvironmentRequest:
    """The environment of the resolve that a target's field names."""

    resolve: PythonResolveField


@dataclass(frozen=True)
class JgoEnvironmentRequest:
    """The environment of jgo, which fetches archives from Maven repositories."""


@dataclass(frozen=True)
class LiteRtEnvironmentRequest:
    """The environment of LiteRT, which needs no TensorFlow."""


@dataclass(frozen=True)
class NetronEnvironmentRequest:
    """The environment of Netron, which shows models."""


@dataclass(frozen=True)
class ReportEnvironmentRequest:
    """The environment that draws reports."""


@dataclass(frozen=True)
class ScoringEnvironmentRequest:
    """The environment of scikit-learn, which scores predictions."""


@dataclass(frozen=True)
class TfKerasEnvironmentRequest:
    """The environment of tf-keras, which loads files of Keras 2."""


@dataclass(frozen=True)
class ZigEnvironmentRequest:
    """The environment of zig and of what inspects the binaries that it makes."""


@dataclass(frozen=True)
class CompileEnvironmentRequest:
    """Asks for an environment whose programs find compiled files, and start faster."""

    environment: PythonEnvironment


@dataclass(frozen=True)
class InterpreterRequest:
    """Asks whether an interpreter exists, for a clear error if there is none."""

    interpreter_constraints: InterpreterConstraints
    environment: str


@dataclass(frozen=True)
class CompiledEnvironment:
    environment: PythonEnvironment


@dataclass(frozen=True)
class InterpreterFound:
    pass


@rule(desc="Look for a Python interpreter", level=LogLevel.DEBUG)
async def find_interpreter(
    request: InterpreterRequest, environment_target: EnvironmentTarget
) -> InterpreterFound:
    constraints = " or ".join(str(constraint) for constraint in request.interpreter_constraints)
    process = await setup_pex_cli_process(
        PexCliProcess(
            subcommand=(),
            extra_args=(
                *request.interpreter_constraints.generate_pex_arg_list(),
                "--",
                "-c",
                "",
            ),
            description=f"Look for {constraints}",
            level=LogLevel.DEBUG,
            cache_scope=environment_target.executable_search_path_cache_scope(),
        ),
        **implicitly(),
    )
    result = await execute_process(process, **implicitly())
    if result.exit_code != 0:
        raise TfLiteError(
            f"The Python environment `{request.environment}` needs an interpreter that is "
            f"{constraints}, and none was found.\n\n"
            "Fix: install one (with `uv python install`, `pyenv install` or your system's packages), "
            "and see that `[python-bootstrap].search_path` covers the place and that Pants' Pex "
            "knows this version.\n\n" + result.stderr.decode(errors="replace").strip()
        )
    return InterpreterFound()


@rule(desc="Compile a Python environment", level=LogLevel.DEBUG)
async def compile_environment(
    request: CompileEnvironmentRequest, pex_environment: PexEnvironment
) -> CompiledEnvironment:
    """Has the environment's files in the named cache compiled.

    This result may be remembered for longer than the named cache exists, so each program looks
    again (`ensure_compiled_if_asked`). Its failure never fails a build.
    """
    environment, venv_pex = request.environment, request.environment.venv_pex
    content = pkgutil.get_data(_COMPILE_PACKAGE, _COMPILE_FILE)
    assert content is not None, f"{_COMPILE_PACKAGE} has no {_COMPILE_FILE}"
    program = await create_digest(CreateDigest((FileContent(_COMPILE_FILE, content),)))
    input_digest = await merge_digests(MergeDigests((venv_pex.digest, program)))
    pex_caches = pex_environment.in_sandbox(working_directory=None).append_only_caches
    result = await execute_process(
        Process(
            argv=(venv_pex.python.argv0, "-I", _COMPILE_FILE),
            input_digest=input_digest,
            append_only_caches=FrozenDict({**pex_caches, **(venv_pex.append_only_caches or {})}),
            description=f"Compile the Python environment `{environment.name}`",
            level=LogLevel.INFO,
        ),
        **implicitly(),
    )
    if result.exit_code != 0:
        logger.warning(
            f"The Python environment `{environment.name}` could not be compiled, so that every "
            f"step in it starts more slowly.\n\n{result.stderr.decode(errors='replace').strip()}"
        )
    return CompiledEnvironment(environment)


@rule(desc="Set up a Python environment", level=LogLevel.DEBUG)
async def set_up_python_environment(
    request: PythonEnvironmentRequest, pex_environment: PexEnvironment
) -> PythonEnvironment:
    name = request.lockfile.resolve_name
    await find_interpreter(
        InterpreterRequest(request.interpreter_constraints, name), **implicitly()
    )
    # Copies, which Pex makes by hard links: the compiled file of a symlinked one would be written to the
    # wheels that Pex makes other environments from.
    venv_pex = await create_venv_pex(
        VenvPexRequest(
            request.to_pex_request(),
            pex_environment.in_sandbox(working_directory=None),
            site_packages_copies=True,
        ),
        **implicitly(),
    )
    compiled = await compile_environment(
        CompileEnvironmentRequest(PythonEnvironment(name, venv_pex)), **implicitly()
    )
    return compiled.environment


@rule
async def find_environment_of_resolve(
    request: ResolveEnvironmentRequest, python_setup: PythonSetup
) -> PythonEnvironment:
    if not python_setup.enable_resolves:
        raise TfLiteError(
            "pants-tflite runs code from hash-locked resolves only, and resolves are off.\n\n"
            "Fix: set `[python].enable_resolves = true`, and give `[python].resolves` a resolve "
            "whose lockfile holds TensorFlow."
        )
    resolve = request.resolve.normalized_value(python_setup)
    constraints = python_setup.resolves_to_interpreter_constraints.get(
        resolve, python_setup.interpreter_constraints
    )
    lockfile = Lockfile(
        url=python_setup.resolves[resolve],
        url_description_of_origin=f"the resolve `{resolve}`",
        resolve_name=resolve,
    )
    return await set_up_python_environment(
        PythonEnvironmentRequest(lockfile, InterpreterConstraints(constraints)), **implicitly()
    )


@rule
async def find_jgo_environment(_: JgoEnvironmentRequest, jgo: Jgo) -> PythonEnvironment:
    return await set_up_python_environment(
        PythonEnvironmentRequest(jgo.to_lockfile(), jgo.to_interpreter_constraints()),
        **implicitly(),
    )


@rule
async def find_litert_environment(_: LiteRtEnvironmentRequest, litert: LiteRt) -> PythonEnvironment:
    return await set_up_python_environment(
        PythonEnvironmentRequest(litert.to_lockfile(), litert.to_interpreter_constraints()),
        **implicitly(),
    )


@rule
async def find_netron_environment(_: NetronEnvironmentRequest, netron: Netron) -> PythonEnvironment:
    return await set_up_python_environment(
        PythonEnvironmentRequest(netron.to_lockfile(), netron.to_interpreter_constraints()),
        **implicitly(),
    )


@rule
async def find_report_environment(
    _: ReportEnvironmentRequest, drawing: ReportDrawing
) -> PythonEnvironment:
    return await set_up_python_environment(
        PythonEnvironmentRequest(drawing.to_lockfile(), drawing.to_interpreter_constraints()),
        **implicitly(),
    )


@rule
async def find_scoring_environment(
    _: ScoringEnvironmentRequest, scoring: Scoring
) -> PythonEnvironment:
    return await set_up_python_environment(
        PythonEnvironmentRequest(scoring.to_lockfile(), scoring.to_interpreter_constraints()),
        **implicitly(),
    )


@rule
async def find_tf_keras_environment(
    _: TfKerasEnvironmentRequest, tf_keras: TfKeras
) -> PythonEnvironment:
    return await set_up_python_environment(
        PythonEnvironmentRequest(
            tf_keras.to_lockfile(), tf_keras.to_interpreter_constraints(), tf_keras.pex_args
        ),
        **implicitly(),
    )


@rule
async def find_zig_environment(_: ZigEnvironmentRequest, zig: Zig) -> PythonEnvironment:
    return await set_up_python_environment(
        PythonEnvironmentRequest(zig.to_lockfile(), zig.to_interpreter_constraints()),
        **implicitly(),
    )


def rules():
    return collect_rules()
