# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Python environments that sandbox programs run in: one for each lockfile, installed whole."""

from __future__ import annotations

from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonResolveField
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex_requirements import Lockfile

from pants_tflite.compat import collect_rules, implicitly, rule
from pants_tflite.errors import TfLiteError
from pants_tflite.subsystems.jgo import Jgo
from pants_tflite.subsystems.litert import LiteRt
from pants_tflite.subsystems.netron import Netron
from pants_tflite.subsystems.report import ReportDrawing
from pants_tflite.subsystems.scoring import Scoring
from pants_tflite.subsystems.tf_keras import TfKeras
from pants_tflite.subsystems.zig import Zig
from pants_tflite.util_rules.environment_installation import PythonEnvironmentRequest
from pants_tflite.util_rules.environment_processes import (
    PythonEnvironment,
    set_up_python_environment,
)


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
