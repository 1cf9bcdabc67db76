# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Measures how builds of a monorepo of models compare, and what Pants' daemon needs for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import (
    BAZEL,
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
from tests.benchmarks.monorepo.contenders import contenders, trivial
from tests.benchmarks.monorepo.edits import EDITS, nothing


def compare(
    folder: Path, models: int, *, python: str, seed: int, rounds: int, names: list[str]
) -> dict[str, Any]:
    """The times of each kind of build, and the memory of Pants' daemon, for so many models."""
    found = contenders(folder, models, seed=seed, python=python, names=names)
    by_name = {contender.name: contender for contender in found}
    try:
        return {**_compare(by_name, seed=seed, rounds=rounds), "models": models}
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


def _compare(by_name: dict[str, Contender], *, seed: int, rounds: int) -> dict[str, Any]:
    _warm_up(by_name)
    pants = by_name.get(PANTS)
    memory: dict[str, int] = {}

    def remember(moment: str) -> None:
        if pants is not None:
            memory[moment] = resident_mb(daemon_pid(pants.workspace))

    remember("before")
    found = list(by_name.values())
    table: Table = measure(found, {"cold": nothing}, rounds=1, first=seed)
    remember("after the first build")
    # It does the same each time, so that one run tells as much as many.
    once = {(kind, SCRIPT): 1 for kind in EDITS}
    if pants is not None:
        found.insert(0, trivial(pants))
        once.update({(kind, found[0].name): 0 for kind in EDITS if kind != "no-op"})
    table.update(measure(found, EDITS, rounds=rounds, first=seed, rounds_of=once))
    remember("in the end")
    return {"memory_mb": memory, "times": to_json(table)}
