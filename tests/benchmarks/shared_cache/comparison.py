# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Measures what a machine without results needs if another one shared its own: Pants and Bazel through a real BuildGrid, DVC
through a folder. A script and Make share nothing.
"""

from __future__ import annotations

import abc
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import (
    BAZEL,
    DVC,
    PANTS,
    Contender,
    Table,
    Times,
    find_dvc,
    run,
    say,
    to_json,
)
from tests.benchmarks.monorepo.contenders import contenders
from tests.remote.servers import BUILDGRID_LOCK, CacheServer, find_python, install
from tests.workspace import ROOT, file_hashes, read_counters

MODELS = 100
PROFILE = "pants.remote-cache.toml"
SHARING = (PANTS, BAZEL, DVC)


def compare(
    folder: Path, *, seed: int, python: str, rounds: int, names: list[str]
) -> dict[str, Any]:
    """The times of a machine that has tools and no results, and how many steps Pants found."""
    grid = find_python("3.12")
    if grid is None:
        raise RuntimeError("BuildGrid needs CPython 3.12")
    folder.mkdir(parents=True)
    install(folder / "environment", grid, BUILDGRID_LOCK)
    program = folder / "environment" / "bin" / "bgd"
    sharing = [name for name in names if name in SHARING]
    found = contenders(folder / "first", MODELS, seed=seed, python=python, names=sharing)
    kind = "cold machine, warm shared cache"
    table: Table = {"cold": {}, kind: {}}
    report: dict[str, Any] = {}
    with CacheServer(program, folder / "server") as server:
        for contender in found:
            sharer = _sharer(contender, server, folder, python)
            cold = table["cold"].setdefault(contender.name, Times())
            warm = table[kind].setdefault(contender.name, Times())
            say(f"{contender.name}: {cold.take(sharer.fill):.2f} s without results")
            for number in range(rounds):
                seconds = warm.take(lambda: sharer.take(number))
                say(f"{contender.name}: {seconds:.2f} s with those of a server")
            report.update(sharer.report)
    return {"shared": report, "times": to_json(table)}


class _Sharer(abc.ABC):
    """A contender on a `first` machine, and the same on machines after it that have no results."""

    def __init__(self, first: Contender, folder: Path) -> None:
        self.first = first
        self.folder = folder
        self.report: dict[str, Any] = {}

    @abc.abstractmethod
    def fill(self) -> None:
        """Builds on the first machine, and shares the results."""

    @abc.abstractmethod
    def take(self, number: int) -> None:
        """Builds on another machine, with the results that were shared."""


class _Pants(_Sharer):
    def __init__(self, first: Contender, folder: Path, server: CacheServer) -> None:
        super().__init__(first, folder)
        self._server = server
        shutil.copyfile(ROOT / PROFILE, first.workspace / PROFILE)
        # A copy has what git holds.
        self._pristine = folder / "pants"
        shutil.copytree(first.workspace, self._pristine)

    def _build(self, workspace: Path, store: str, *options: str) -> str:
        env = {
            "PANTS_LOCAL_STORE_DIR": str(self.folder / store / "store"),
            "PANTS_NAMED_CACHES_DIR": str(self.folder / store / "named"),
            "PANTS_PANTSD": "false",
            "REMOTE_CACHE": self._server.address,
        }
        program, *arguments = self.first.command
        profile = f"--pants-config-files={PROFILE}"
        return run((program, profile, "--stats-log", *options, *arguments), workspace, env)

    def fill(self) -> None:
        # Until the server has all, an environment of 300 MB among it.
        option = "--session-end-tasks-timeout=300"
        self._build(self.first.workspace, "pants_first", option)

    def take(self, number: int) -> None:
        workspace = self.folder / f"pants_{number}"
        shutil.copytree(self._pristine, workspace)
        output = self._build(workspace, f"pants_{number}_caches")
        counters = read_counters(output)
        self.report = {
            "hits": counters["remote_cache_requests_cached"],
            "requests": counters["remote_cache_requests"],
            "errors": counters["remote_cache_read_errors"],
            "same_bytes": file_hashes(workspace / "dist")
            == file_hashes(self.first.workspace / "dist"),
        }


class _Bazel(_Sharer):
    def __init__(self, first: Contender, folder: Path, server: CacheServer) -> None:
        super().__init__(first, folder)
        self._option = f"--remote_cache={server.address}"

    def _build(self, output: Path) -> None:
        program, _, verb, *rest = self.first.command
        start = (program, f"--output_user_root={output}")
        run((*start, verb, self._option, *rest), self.first.workspace)
        run((*start, "shutdown"), self.first.workspace)

    def fill(self) -> None:
        self._build(self.folder / "bazel_first")

    def take(self, number: int) -> None:
        self._build(self.folder / f"bazel_{number}")


class _Dvc(_Sharer):
    def __init__(self, first: Contender, folder: Path, dvc: str) -> None:
        super().__init__(first, folder)
        self._dvc = dvc
        shared = str(folder / "dvc_shared")
        run((dvc, "remote", "add", "--default", "--quiet", "shared", shared), first.workspace)

    def fill(self) -> None:
        self.first.build()
        run((self._dvc, "push", "--quiet"), self.first.workspace)

    def take(self, number: int) -> None:
        workspace = self.folder / f"dvc_{number}"
        left = shutil.ignore_patterns("out", "cache", "tmp")
        shutil.copytree(self.first.workspace, workspace, ignore=left)
        run((self._dvc, "pull", "--quiet"), workspace)
        replace(self.first, workspace=workspace).build()


def _sharer(first: Contender, server: CacheServer, folder: Path, python: str) -> _Sharer:
    if first.name == PANTS:
        return _Pants(first, folder, server)
    if first.name == BAZEL:
        return _Bazel(first, folder, server)
    return _Dvc(first, folder, find_dvc(python) or DVC)
