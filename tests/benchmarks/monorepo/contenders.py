# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The ways to check and bundle the models of a monorepo that are compared, each in a workspace of its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Sequence

from tests.benchmarks.measuring import (
    BAZEL,
    CONTENDERS,
    DVC,
    MAKE,
    PANTS,
    SCRIPT,
    Contender,
    find_dvc,
    run,
)
from tests.benchmarks.monorepo import workspaces
from tests.workspace import Workspace

JOBS = "2"


def contenders(
    folder: Path, models: int, *, seed: int, python: str, names: Sequence[str] = CONTENDERS
) -> list[Contender]:
    """Those of the `names` that this machine has. Their workspaces are new ones below `folder`."""
    shared = workspaces.model_files(models, seed)
    tool = workspaces.script_files()
    makefile = workspaces.makefile(models, python)
    found = []
    if PANTS in names:
        workspace = _new(folder / PANTS)
        Workspace(workspace, {**shared, **workspaces.pants_files(models)})
        found.append(Contender(PANTS, workspace, ("./pants", "package", "packages::")))
    if SCRIPT in names:
        workspaces.write(_new(folder / SCRIPT), {**shared, **tool})
        found.append(Contender(SCRIPT, folder / SCRIPT, (python, "tool.py", "all")))
    if MAKE in names and shutil.which("make"):
        workspaces.write(_new(folder / MAKE), {**shared, **tool, "Makefile": makefile})
        found.append(Contender(MAKE, folder / MAKE, ("make", "-j", JOBS, "--silent")))
    if BAZEL in names and shutil.which("bazel"):
        files = workspaces.bazel_files(models, python)
        workspaces.write(_new(folder / BAZEL), {**shared, **tool, **files})
        # Not all of its output goes away with the workspace otherwise.
        command = ("bazel", f"--output_user_root={folder / 'bazel_output'}", "build")
        found.append(Contender(BAZEL, folder / BAZEL, (*command, f"--jobs={JOBS}", "//...")))
    dvc = find_dvc(python)
    if DVC in names and dvc:
        dvc_yaml = workspaces.dvc_yaml(models, python)
        workspaces.write(_new(folder / DVC), {**shared, **tool, "dvc.yaml": dvc_yaml})
        run((dvc, "init", "--no-scm", "--quiet"), folder / DVC)
        found.append(Contender(DVC, folder / DVC, (dvc, "repro", "--quiet")))
    return found


def trivial(pants: Contender) -> Contender:
    """Pants with nothing to do, in the same repository: what it takes at least."""
    return Contender(
        "pants, 1 file", pants.workspace, ("./pants", "package", "trivial:archive")
    )


def _new(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
