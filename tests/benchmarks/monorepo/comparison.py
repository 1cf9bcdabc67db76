# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Measures how builds of a monorepo of models compare, and what Pants' daemon needs for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import (
    BAZEL,
    DVC,
    MAKE,
    PANTS,
    SCRIPT,
    Contender,
    Table,
    daemon_pid,
    measure,
    resident_mb,
    run,
    stop_daemon,
    to_json,
)
from tests.benchmarks.monorepo.contenders import adopt, contenders, trivial
from tests.benchmarks.monorepo.edits import EDITS, nothing

# Make and DVC do not build more models than that from nothing, and DVC builds them again only once.
MOST_IN_TURN = 100


def compare(
    folder: Path, models: int, *, python: str, seed: int, rounds: int, names: list[str]
) -> dict[str, Any]:
    """The times of each kind of build, and the memory of Pants' daemon, for so many models."""
    is_kept = folder.exists()
    found = contenders(folder, models, seed=seed, python=python, names=names)
    by_name = {contender.name: contender for contender in found}
    try:
        _warm_up(by_name)
        memory = {"before": _memory(by_name)}
        if is_kept:
            for contender in found:
                contender.build()
            table: Table = {}
        else:
            table = _build_first(found, models, seed=seed, python=python)
        memory["after the first build"] = _memory(by_name)
        table.update(_repeat(by_name, models, seed=seed, rounds=rounds))
        memory["in the end"] = _memory(by_name)
        return {"memory_mb": memory, "models": models, "times": to_json(table)}
    finally:
        if PANTS in by_name:
            stop_daemon(by_name[PANTS].workspace)
        if BAZEL in by_name:
            bazel = by_name[BAZEL]
            run((*bazel.command[:2], "shutdown"), bazel.workspace)


def _warm_up(by_name: dict[str, Contender]) -> None:
    """Starts the daemons, and has Pants install the environment of steps."""
    if pants := by_name.get(PANTS):
        run(("./pants", "package", "warm_up::", "trivial::"), pants.workspace)
    if bazel := by_name.get(BAZEL):
        run((*bazel.command[:3], "//:tool.py"), bazel.workspace)


def _memory(by_name: dict[str, Contender]) -> int | None:
    """That of Pants' daemon."""
    pants = by_name.get(PANTS)
    return resident_mb(daemon_pid(pants.workspace)) if pants else None


def _build_first(found: list[Contender], models: int, *, seed: int, python: str) -> Table:
    """The times of building everything, but for those to which many models would take too long."""
    adopting = (MAKE, DVC) if models > MOST_IN_TURN else ()
    for contender in found:
        if contender.name in adopting:
            adopt(contender, python)
    building = [contender for contender in found if contender.name not in adopting]
    return measure(building, {"cold": nothing}, rounds=1, first=seed)


def _repeat(by_name: dict[str, Contender], models: int, *, seed: int, rounds: int) -> Table:
    """The times of building again after each edit."""
    found = list(by_name.values())
    # It does the same each time, so that one run tells as much as many.
    once = {(kind, SCRIPT): 1 for kind in EDITS}
    if models > MOST_IN_TURN:
        once.update({(kind, DVC): 1 for kind in EDITS})
    if pants := by_name.get(PANTS):
        found.insert(0, trivial(pants))
        once.update({(kind, found[0].name): 0 for kind in EDITS if kind != "no-op"})
    return measure(found, EDITS, rounds=rounds, first=seed, rounds_of=once)
