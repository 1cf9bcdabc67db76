# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants netron`: the graph of a model, in the browser."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.environment import EnvironmentName
from pants.engine.fs import AddPrefix, CreateDigest, Digest, MergeDigests, Workspace
from pants.engine.goal import Goal
from pants.engine.process import InteractiveProcess
from pants.engine.target import Target, Targets

from pants_tflite.compat import (
    EnvironmentNameRequest,
    add_prefix,
    collect_rules,
    concurrently,
    create_digest,
    environment_vars_subset,
    goal_rule,
    implicitly,
    merge_digests,
    resolve_environment_name,
    rule,
    run_interactive_process,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.pipeline.any_model import BuildAnyModelRequest, build_any_model
from pants_tflite.pipeline.build import TfLiteFileFieldSet
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.export import (
    SAVED_MODEL_DIRECTORY,
    ExportSavedModelRequest,
    SavedModelFieldSet,
    export_saved_model,
)
from pants_tflite.pipeline.plan import TfLiteModelFieldSet
from pants_tflite.sandbox.compile_environment import COMPILE_VARIABLE
from pants_tflite.subsystems.netron import Netron
from pants_tflite.util_rules.environment_processes import (
    EnsureInstalledRequest,
    PythonEnvironment,
    ensure_installed,
)
from pants_tflite.util_rules.python_environments import (
    NetronEnvironmentRequest,
    find_netron_environment,
)
from pants_tflite.util_rules.sandbox_programs import program_files
from pants_tflite.util_rules.steps import PROGRAMS_ROOT

_PROGRAM = "pants_tflite.sandbox.viewing.serve_netron"
_FOLDER = "__model__"
_SAVED_MODEL_FILE = "saved_model.pb"
_SHOWN = (TfLiteModelFieldSet, TfLiteFileFieldSet, SavedModelFieldSet)
# How a program finds the user's browser and its window.
_BROWSER_VARIABLES = (
    "BROWSER",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "HOME",
    "PATH",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CONFIG_DIRS",
    "XDG_CURRENT_DESKTOP",
    "XDG_DATA_DIRS",
    "XDG_RUNTIME_DIR",
)


class NetronGoal(Goal):
    subsystem_cls = Netron
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@dataclass(frozen=True)
class ShownModelRequest:
    """Asks for the files of a model that Netron reads."""

    target: Target
    untrained: bool


@dataclass(frozen=True)
class ShownModel:
    """`file` is the one within `digest` to open."""

    address: Address
    digest: Digest
    file: str


@dataclass(frozen=True)
class NetronProcessRequest:
    """Asks for the server of a model, as a process in the foreground."""

    model: ShownModel
    environment: PythonEnvironment
    variables: EnvironmentVars


@dataclass(frozen=True)
class NetronProcess:
    process: InteractiveProcess


def choose_target(targets: Targets) -> Target:
    """The one target that Netron can show. Raises if there is none, or more than one."""
    shown = [t for t in targets if any(field_set.is_applicable(t) for field_set in _SHOWN)]
    if len(shown) == 1:
        return shown[0]
    if shown:
        listed = "\n".join(sorted(f"  {target.address}" for target in shown))
        raise TfLiteError(
            f"`netron` shows one model, and the specs name {len(shown)}:\n\n{listed}\n\n"
            "Fix: Name one of them."
        )
    found = ", ".join(sorted(f"{t.address} (`{t.alias}`)" for t in targets)) or "no target"
    raise TfLiteError(
        f"`netron` shows models, and the specs name none: {found}.\n\n"
        "Fix: Name a `tflite_model`, `tflite_file`, `tf_saved_model`, `tf_saved_model_files` or "
        "`keras_file`."
    )


@rule
async def find_shown_model(request: ShownModelRequest) -> ShownModel:
    target = request.target
    if not SavedModelFieldSet.is_applicable(target):
        model = await build_any_model(BuildAnyModelRequest(target, request.untrained))
        return ShownModel(target.address, model.digest, MODEL_FILE)
    environment = await resolve_environment_name(
        EnvironmentNameRequest.from_target(target), **implicitly()
    )
    exported = await export_saved_model(
        ExportSavedModelRequest(SavedModelFieldSet.create(target), request.untrained),
        **implicitly({environment: EnvironmentName}),
    )
    file_name = f"{SAVED_MODEL_DIRECTORY}/{_SAVED_MODEL_FILE}"
    return ShownModel(target.address, exported.digest, file_name)


@rule
async def prepare_netron(request: NetronProcessRequest, netron: Netron) -> NetronProcess:
    model = request.model
    environment, placed, programs = await concurrently(
        ensure_installed(EnsureInstalledRequest(request.environment), **implicitly()),
        add_prefix(AddPrefix(model.digest, _FOLDER)),
        create_digest(CreateDigest(program_files(_PROGRAM))),
    )
    digest = await merge_digests(MergeDigests((environment.digest, programs, placed)))
    untrained = " (untrained)" if netron.untrained else ""
    return NetronProcess(
        InteractiveProcess(
            argv=(
                environment.python,
                "-m",
                _PROGRAM,
                f"--folder={_FOLDER}",
                f"--model={model.file}",
                f"--title={model.address}{untrained}",
                f"--port={netron.port}",
                *(("--browser",) if netron.browser else ()),
            ),
            env={
                **request.variables,
                COMPILE_VARIABLE: "1",
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": PROGRAMS_ROOT,
            },
            input_digest=digest,
            append_only_caches=environment.append_only_caches,
        )
    )


# The engine lets a rule run something in the foreground only if it has a parameter with effects.
@goal_rule
async def show_in_netron(targets: Targets, netron: Netron, _: Workspace) -> NetronGoal:
    target = choose_target(targets)
    model, environment, variables = await concurrently(
        find_shown_model(ShownModelRequest(target, netron.untrained)),
        find_netron_environment(NetronEnvironmentRequest(), **implicitly()),
        environment_vars_subset(EnvironmentVarsRequest(_BROWSER_VARIABLES), **implicitly()),
    )
    prepared = await prepare_netron(
        NetronProcessRequest(model, environment, variables), **implicitly()
    )
    result = await run_interactive_process(prepared.process)
    return NetronGoal(result.exit_code)


def rules():
    return collect_rules()
