# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Times builds of this repository's models beside what a team would use instead.

In the root of a clone, with a Python that has the packages of 3rdparty/python/tensorflow.lock, and DVC if that is
to be compared as well:

python -m tests.benchmarks.builds --rounds 3 --json builds.json

Every build of a round runs before the next round begins, in turn, so that whatever else the machine does falls on all.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tests.benchmarks.builds.contenders import Contender, contenders, run
from tests.benchmarks.builds.edits import EDITS

ROOT = Path(__file__).parents[3]
TARGETS = ("--filter-target-type=tflite_model", "models/digits:", "models/cats_vs_dogs:")
# Builds the environments, which are there before anything is timed.
WARM_UP = ("./pants", "package", "models/linear:")
_STEPS = Path(__file__).parent / "steps.py"
_PACKAGES = ("tensorflow-cpu", "tensorflow", "keras", "numpy", "ai-edge-litert", "dvc")


def _workspace(folder: Path, name: str) -> Path:
    """A copy of what git holds, so that nothing that was built is in it."""
    workspace = folder / name
    run(("git", "clone", "--quiet", str(ROOT), str(workspace)), folder)
    shutil.copyfile(_STEPS, workspace / "steps.py")
    return workspace


def _seconds(contender: Contender) -> float:
    start = time.perf_counter()
    contender.build()
    return time.perf_counter() - start


def measure(found: list[Contender], *, rounds: int, kinds: list[str]) -> dict[str, Any]:
    """Seconds of each build, by the kind of edit and the contender."""
    times: dict[str, dict[str, list[float]]] = {}
    for kind in kinds:
        for number in range(rounds):
            for contender in found:
                EDITS[kind](contender.workspace, number)
                seconds = _seconds(contender)
                times.setdefault(kind, {}).setdefault(contender.name, []).append(seconds)
                print(f"{kind}, round {number}: {contender.name} {seconds:.2f} s", file=sys.stderr)
    return times


def machine() -> dict[str, Any]:
    """What figures depend on."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "versions": versions,
    }


def table(times: dict[str, dict[str, list[float]]]) -> str:
    """Medians in seconds, and how they compare with the script's."""
    names = list(next(iter(times.values())))
    lines = [
        "| build | " + " | ".join(names) + " | pants / script |",
        "| --- " * (len(names) + 2) + "|",
    ]
    for kind, by_name in times.items():
        medians = {name: statistics.median(by_name[name]) for name in names}
        cells = " | ".join(f"{medians[name]:.2f} s" for name in names)
        lines.append(f"| {kind} | {cells} | {medians['pants'] / medians['script']:.2f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=list(EDITS), default=list(EDITS))
    parser.add_argument("--python", default=sys.executable, help="runs steps.py")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        found = contenders(
            make_workspace=lambda name: _workspace(folder, name),
            python=options.python,
            targets=TARGETS,
        )
        run(WARM_UP, folder / "pants")
        start = machine()
        times = measure(found, rounds=options.rounds, kinds=options.kinds)
    print(table(times))
    if options.json:
        report = {"machine": start, "seconds": times, "targets": list(TARGETS)}
        options.json.write_text(json.dumps(report, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
