# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

import pytest

from pants_tflite.sandbox.saved_models import memory_slots

GIB = 1024**3
_ROOT = Path(memory_slots.__file__).parents[3]
_SECONDS_AT_MOST = 20
_HOLDER = """
import signal
import sys
from pathlib import Path
from pants_tflite.sandbox.saved_models.memory_slots import hold_slot
signal.alarm(int(sys.argv[2]))
hold_slot(count=int(sys.argv[1]))
hold_slot(count=int(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


class Holders:
    """Processes that take one of `count` slots in `folder` and hold it until they are ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []

    def start(self, count: int) -> subprocess.Popen[str]:
        self.started.append(
            subprocess.Popen(
                [sys.executable, "-c", _HOLDER, str(count), str(_SECONDS_AT_MOST)],
                env={
                    **os.environ,
                    "PYTHONPATH": str(_ROOT),
                    memory_slots.SLOTS_VARIABLE: str(self.folder),
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return self.started[-1]


@pytest.fixture
def holders(tmp_path: Path) -> Iterator[Holders]:
    holders = Holders(tmp_path / "slots")
    yield holders
    for process in holders.started:
        process.kill()
        process.communicate()


def first_line(stream: object) -> str:
    return stream.readline().strip()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("memory", "count"), [(GIB, 1), (4 * GIB - 1, 1), (4 * GIB, 2), (33 * GIB, 16)]
)
def test_slot_count(memory: int, count: int) -> None:
    assert memory_slots.slot_count(memory) == count


def test_memory_of_this_machine() -> None:
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert GIB // 4 < memory_slots.memory_bytes() <= physical


def test_a_process_waits_for_one_that_dies(holders: Holders) -> None:
    holder = holders.start(1)
    assert first_line(holder.stdout) == "held"
    waiting = holders.start(1)
    assert first_line(waiting.stderr) == "waiting for one of 1 memory slots"
    holder.kill()
    holder.wait()
    assert first_line(waiting.stdout) == "held"


def test_each_slot_holds_one_process_at_a_time(holders: Holders) -> None:
    for process in (holders.start(2), holders.start(2)):
        assert first_line(process.stdout) == "held"
    third = holders.start(2)
    assert first_line(third.stderr) == "waiting for one of 2 memory slots"
    time.sleep(0.5)
    assert third.poll() is None
    assert sorted(path.name for path in holders.folder.iterdir()) == ["slot-0", "slot-1"]


def test_a_folder_that_cannot_be_used_costs_the_bound_alone(holders: Holders) -> None:
    holders.folder.write_text("not a folder")
    holder = holders.start(1)
    assert first_line(holder.stdout) == "held"
    assert first_line(holder.stderr).startswith("running without a memory bound: ")


def test_no_bound_where_no_folder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(memory_slots.SLOTS_VARIABLE, raising=False)
    memory_slots.hold_slot()
    assert memory_slots._held == []


def test_a_child_that_outlives_its_parent_holds_no_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forks = _HOLDER.replace("print(", "\nif os.fork() == 0: time.sleep(60)\nprint(")
    monkeypatch.setattr(sys.modules[__name__], "_HOLDER", f"import os, time\n{forks}")
    holders = Holders(tmp_path / "slots")
    holder = holders.start(1)
    assert first_line(holder.stdout) == "held"
    holder.kill()
    holder.wait()
    waiting = holders.start(1)
    try:
        assert first_line(waiting.stdout) == "held"
    finally:
        waiting.kill()
