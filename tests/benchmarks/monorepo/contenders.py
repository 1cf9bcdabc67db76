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
    JOBS,
    MAKE,
    PANTS,
    SCRIPT,
    Contender,
    find_dvc,
    run,
)
from tests.benchmarks.monorepo import workspaces
from tests.workspace import Workspace


def contenders(
    folder: Path, models: int, *, seed: int, python: str, names: Sequence[str] = CONTENDERS
) -> list[Contender]:
    """Those of the `names` that this machine has. Their workspaces are below `folder`: if an earlier run kept one, it is left
    as it is."""
    shared = workspaces.model_files(models, seed)
    tool = workspaces.script_files()
    makefile = workspaces.makefile(models, python)
    found = []

    def fill(name: str, files: workspaces.Files, *command: str) -> bool:
        """Whether the workspace is a new one."""
        workspace = folder / name
        found.append(Contender(name, workspace, command))
        if workspace.exists():
            return False
        workspaces.write(workspace, {**shared, **files})
        return True

    if PANTS in names:
        files = workspaces.pants_files(models)
        if fill(PANTS, files, "./pants", "package", "packages::"):
            Workspace(folder / PANTS, {**shared, **files})
    if SCRIPT in names:
        fill(SCRIPT, tool, python, "tool.py", "all")
    if MAKE in names and shutil.which("make"):
        fill(MAKE, {**tool, "Makefile": makefile}, "make", "-j", JOBS, "--silent")
    if BAZEL in names and shutil.which("bazel"):
        # Not all of its output goes away with the workspace otherwise.
        command = ("bazel", f"--output_user_root={folder / 'bazel_output'}", "build")
        files = {**tool, **workspaces.bazel_files(models, python)}
        # Its links in the workspace lead to folders that it would take for packages.
        fill(BAZEL, files, *command, "--symlink_prefix=/", f"--jobs={JOBS}", "//...")
    dvc = find_dvc(python)
    if DVC in names and dvc:
        files = {**tool, "dvc.yaml": workspaces.dvc_yaml(models, python)}
        if fill(DVC, files, dvc, "repro", "--quiet"):
            run((dvc, "init", "--no-scm", "--quiet"), folder / DVC)
    return found


def adopt(contender: Contender, python: str) -> None:
    """Has Make or DVC take what the script makes for built: 1,000 processes in turn would say no more."""
    run((python, "tool.py", "all"), contender.workspace)
    if contender.name == DVC:
        run((contender.command[0], "commit", "--force", "--quiet"), contender.workspace)


def trivial(pants: Contender) -> Contender:
    """Pants with nothing to do, in the same repository: what it takes at least."""
    return Contender("pants, 1 file", pants.workspace, ("./pants", "package", "trivial:archive"))
