# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Killing what a build consists of, on Linux: the client, its daemon, and the processes of steps."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from tests.workspace import Workspace

KINDS = ("client", "pantsd", "step")
_POLL_SECONDS = 0.02
# Of a step without its build, and of a build whose client starts another daemon.
_MAX_END_SECONDS = 60.0
_MAX_BUILD_SECONDS = 900.0


@dataclass(frozen=True, order=True)
class Running:
    """A process: its number, and when it started, since numbers are given again."""

    pid: int
    started: int


@dataclass(frozen=True)
class Disturbed:
    """A build that was disturbed: what was killed, if anything was before its end, and how that was."""

    victim: str | None
    exit_code: int
    printed: str


def _stat(pid: int) -> tuple[str, int, int] | None:
    """The state, the parent and the start of a process."""
    try:
        text = Path("/proc", str(pid), "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name in parentheses may hold anything.
    fields = text.rpartition(")")[2].split()
    return fields[0], int(fields[1]), int(fields[19])


def _lives(process: Running) -> bool:
    stat = _stat(process.pid)
    return stat is not None and stat[0] != "Z" and stat[2] == process.started


def _command(pid: int) -> str:
    try:
        return Path("/proc", str(pid), "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def pantsd(workspace: Workspace) -> int | None:
    for path in (workspace.folder / ".pids").glob("*/pantsd/pid"):
        pid = int(path.read_text() or 0)
        if pid and _stat(pid) is not None:
            return pid
    return None


def descendants(ancestor: int) -> list[Running]:
    """All processes below a process."""
    children: dict[int, list[Running]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        stat = _stat(int(name))
        if stat is not None and stat[0] != "Z":
            children.setdefault(stat[1], []).append(Running(int(name), stat[2]))
    found: list[Running] = []
    pending = [ancestor]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += [process.pid for process in below]
    return sorted(found)


def _steps(workspace: Workspace) -> list[Running]:
    daemon = pantsd(workspace)
    return [] if daemon is None else descendants(daemon)


def _kill(kind: str, client: int, workspace: Workspace, chance: random.Random) -> str | None:
    """Kills a process of this kind, and says which; None if there is none."""
    steps = [process.pid for process in _steps(workspace)]
    found = {"client": client, "pantsd": pantsd(workspace)}
    pid = (chance.choice(steps) if steps else None) if kind == "step" else found[kind]
    if pid is None:
        return None
    command = _command(pid)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return None
    return command or f"process {pid}"


def disturb(
    workspace: Workspace, goal: tuple[str, ...], kind: str, after: float, chance: random.Random
) -> Disturbed:
    """Starts a build, and kills something of this kind after so many seconds, or as soon as there is one.

    Waits for the end of all that the build started.
    """
    log = workspace.folder / "disturbed.log"
    with log.open("wb") as stderr:
        client = workspace.start(*goal, stderr=stderr)
    begin, victim = time.monotonic(), None
    seen: set[Running] = set()
    while client.poll() is None and victim is None:
        seen.update(_steps(workspace))
        if time.monotonic() - begin >= after:
            victim = _kill(kind, client.pid, workspace, chance)
        time.sleep(_POLL_SECONDS)
    if victim is not None and kind != "step":
        # Nobody waits for them any more.
        _wait_for(seen)
    client.communicate(timeout=_MAX_BUILD_SECONDS)
    return Disturbed(victim, client.returncode, log.read_text(errors="replace"))


def _wait_for(processes: set[Running]) -> None:
    deadline = time.monotonic() + _MAX_END_SECONDS
    while left := sorted(filter(_lives, processes)):
        commands = [_command(process.pid) for process in left]
        assert time.monotonic() < deadline, f"processes outlive their build: {commands}"
        time.sleep(_POLL_SECONDS)
