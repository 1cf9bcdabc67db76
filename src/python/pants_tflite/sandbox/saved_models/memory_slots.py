# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Bounds how many processes that import TensorFlow run on a machine at one time.

Such a process needs 0.5 to 1 GB and can need 2 GB. Pants counts processors, not memory, so each
process takes one of a machine's slots before it grows, and holds it until it ends, however it ends. Its
children do not hold it.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from pathlib import Path

SLOTS_VARIABLE = "PANTS_TFLITE_SLOTS"
BYTES_PER_SLOT = 2 * 1024**3
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_POLL_SECONDS = 0.2
_held: list[int] = []


def _give_up() -> None:
    """Closes what a forked child has of its parent's slot, which would be held for as long as it lives."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_give_up)


def memory_bytes() -> int:
    """The memory that this machine, or the container this process is in, has."""
    available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in _CGROUP_LIMITS:
        try:
            available = min(available, int(path.read_text()))
        except (OSError, ValueError):
            continue
    return available


def slot_count(memory: int) -> int:
    """How many slots `memory` bytes give, one at least."""
    return max(1, memory // BYTES_PER_SLOT)


def _try_to_take(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    except OSError:
        os.close(descriptor)
        raise
    _held.append(descriptor)
    return True


def hold_slot(directory: Path | None = None, count: int | None = None) -> None:
    """Waits for a free slot and holds it until this process ends; a second call does nothing.

    The slots are files in `directory`, by default the one that the environment variable
    PANTS_TFLITE_SLOTS names; without it there is no bound. If the directory cannot be used, there
    is no bound either, but the build goes on.
    """
    if directory is None and os.environ.get(SLOTS_VARIABLE):
        directory = Path(os.environ[SLOTS_VARIABLE])
    if directory is None or _held:
        return
    count = slot_count(memory_bytes()) if count is None else count
    paths = [directory / f"slot-{index}" for index in range(count)]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(_try_to_take(path) for path in paths):
            return
        print(f"waiting for one of {count} memory slots", file=sys.stderr, flush=True)
        while not any(_try_to_take(path) for path in paths):
            time.sleep(_POLL_SECONDS)
    except OSError as error:
        print(f"running without a memory bound: {error}", file=sys.stderr, flush=True)
