# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Measures how builds of this repository's models compare."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tests.benchmarks.builds.contenders import contenders
from tests.benchmarks.builds.edits import EDITS, everything, kernel, nothing
from tests.benchmarks.measuring import (
    DVC,
    MAKE,
    SCRIPT,
    Contender,
    Table,
    measure,
    run,
    stop_daemon,
    to_json,
)
from tests.workspace import ROOT

TARGETS = (
    "--filter-target-type=tflite_model,tflite_linux_archive",
    "models/digits:",
    "models/cats_vs_dogs:",
)
# Builds the environments, which are there before anything is timed.
WARM_UP = ("./pants", "package", "models/linear:", "models/scaled_atan:linux")
# Nothing that the others build has a kernel.
KERNEL = ("./pants", "package", "models/scaled_atan:linux")
_STEPS = Path(__file__).parent / "steps.py"


def compare(
    folder: Path, *, python: str, seed: int, rounds: int, names: list[str]
) -> dict[str, Any]:
    """The times of each kind of build. What takes minutes without Pants, it does in one round."""

    def make_workspace(name: str) -> Path:
        """A copy of what git holds, so that nothing that was built is in it."""
        workspace = folder / name
        run(("git", "clone", "--quiet", str(ROOT), str(workspace)), folder)
        shutil.copyfile(_STEPS, workspace / "steps.py")
        everything(workspace, seed)
        return workspace

    folder.mkdir()
    found = contenders(make_workspace=make_workspace, python=python, targets=TARGETS, names=names)
    pants = found[0]
    run(WARM_UP, pants.workspace)
    slow = {(kind, name): 1 for kind in EDITS for name in (MAKE, DVC)}
    slow.update({(kind, SCRIPT): 0 for kind in EDITS if kind != "cold"})
    slow.update({("no-op", name): rounds for name in (MAKE, DVC)})
    try:
        table: Table = measure(found, EDITS, rounds=rounds, first=seed + 1, rounds_of=slow)
        alone = Contender(pants.name, pants.workspace, KERNEL)
        table.update(measure([alone], {"kernel of a custom op": kernel}, rounds=rounds, first=seed))
    finally:
        stop_daemon(pants.workspace)
    return {"times": to_json(table)}


def repeat(folder: Path, *, rounds: int) -> dict[str, Any]:
    """Times of building all examples of this repository with nothing changed."""
    workspace = folder / "all"
    run(("git", "clone", "--quiet", str(ROOT), str(workspace)), folder)
    pants = Contender("pants", workspace, ("./pants", "package", "models/::"))
    try:
        pants.build()
        return {"times": to_json(measure([pants], {"no-op": nothing}, rounds=rounds, first=0))}
    finally:
        stop_daemon(workspace)
