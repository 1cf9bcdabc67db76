# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Taking the time of builds in turn, with what figures depend on."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

PANTS, SCRIPT, MAKE, BAZEL, DVC = "pants", "script", "make", "bazel", "dvc"
CONTENDERS = (PANTS, SCRIPT, MAKE, BAZEL, DVC)
# How many steps run at once, where a contender can do that.
JOBS = "2"
_PACKAGES = ("tensorflow-cpu", "tensorflow", "keras", "numpy", "ai-edge-litert")
# Python's steps may keep what they compile, and TensorFlow says nothing. No contender asks a network for news.
_ENVIRONMENT = {
    "DVC_NO_ANALYTICS": "1",
    "PYTHONDONTWRITEBYTECODE": "",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}

Edit = Callable[[Path, int], None]


def run(command: Sequence[str], folder: Path, env: Mapping[str, str] | None = None) -> str:
    """The command's output. Raises RuntimeError with what it printed if it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **_ENVIRONMENT, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed in {folder}:\n{done.stdout[-5000:]}")
    return done.stdout


@dataclass(frozen=True)
class Contender:
    """`command` builds everything in the workspace that still has to be."""

    name: str
    workspace: Path
    command: tuple[str, ...]

    def build(self) -> None:
        run(self.command, self.workspace)


@dataclass
class Times:
    """Of one kind of build by one contender: each with the load of the machine when it began."""

    seconds: list[float] = field(default_factory=list)
    load: list[float] = field(default_factory=list)

    def take(self, build: Callable[[], None]) -> float:
        self.load.append(round(os.getloadavg()[0], 2))
        start = time.perf_counter()
        build()
        seconds = time.perf_counter() - start
        self.seconds.append(round(seconds, 3))
        return seconds


# By the kind of build and the contender.
Table = dict[str, dict[str, Times]]


def measure(
    contenders: Sequence[Contender],
    edits: Mapping[str, Edit],
    *,
    rounds: int,
    first: int,
    rounds_of: Mapping[tuple[str, str], int] | None = None,
) -> Table:
    """Builds of each kind. All contenders build in a round before the next begins, so that whatever else
    the machine does falls on all. `rounds_of` says which take part in fewer rounds of a kind. Edits get
    numbers from `first` on."""
    table: Table = {}
    for kind, edit in edits.items():
        for number in range(rounds):
            for contender in contenders:
                if number >= (rounds_of or {}).get((kind, contender.name), rounds):
                    continue
                edit(contender.workspace, first + number)
                times = table.setdefault(kind, {}).setdefault(contender.name, Times())
                seconds = times.take(contender.build)
                say(f"{kind}, round {number + 1}: {contender.name} {seconds:.2f} s")
    return table


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def to_json(table: Table) -> dict[str, Any]:
    return {
        kind: {name: {"load": t.load, "seconds": t.seconds} for name, t in by_name.items()}
        for kind, by_name in table.items()
    }


def find_dvc(python: str) -> str | None:
    """DVC beside the interpreter or on the path."""
    return shutil.which("dvc", path=os.path.dirname(python)) or shutil.which("dvc")


def machine(python: str, folder: Path) -> dict[str, Any]:
    """What figures depend on, for workspaces in `folder`."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    tools = {
        "bazel": ("dpkg-query", "--show", "--showformat=${Version}", "bazel-bootstrap"),
        "dvc": (find_dvc(python) or "dvc", "--version"),
        "git": ("git", "rev-parse", "--short=10", "HEAD"),
        "make": ("make", "--version"),
    }
    for name, command in tools.items():
        if shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode == 0:
                versions[name] = done.stdout.splitlines()[0].strip()
    return {
        "cores": os.cpu_count(),
        "date": time.strftime("%Y-%m-%d"),
        "file_system": _file_system(folder),
        "load": round(os.getloadavg()[0], 2),
        "machine": platform.machine(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "processor": _processor(),
        "python": platform.python_version(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "versions": versions,
    }


def _file_system(folder: Path) -> str:
    """Its type. Without a journal, ext4 makes new files slowly where many were just deleted."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    above = [mount for mount in mounts if folder.is_relative_to(mount[1])]
    device, _, kind, *_ = max(above, key=lambda mount: len(mount[1]))
    options = Path("/proc/fs/ext4", os.path.basename(device), "options")
    if not options.exists():
        return kind
    return kind if "data=" in options.read_text() else f"{kind} without a journal"


def _processor() -> str:
    """Its name, as Linux has it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def resident_mb(pid: int) -> int:
    """The memory of a process that is in use."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def daemon_pid(workspace: Path) -> int:
    """Of the daemon of Pants that serves the workspace."""
    (file,) = (workspace / ".pids").glob("*/pantsd/pid")
    return int(file.read_text())


def stop_daemon(workspace: Path) -> None:
    os.kill(daemon_pid(workspace), signal.SIGTERM)
