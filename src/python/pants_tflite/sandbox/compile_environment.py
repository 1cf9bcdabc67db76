# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Compiles the Python environment that it runs in, once for all processes that start from it later.

Pex installs environments without compiled files, so that every process would compile what it imports
again: for TensorFlow that takes longer than the import. The compiled files are bound to their sources
neither by time nor by content ("unchecked hash"): an environment's folder is named after what is in it
and is never edited, but a cache that is copied or restored gets new times.

As a program it compiles, or, with the arguments FOLDER INDEX COUNT, compiles one share of a folder.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from pathlib import Path
from typing import Iterator

COMPILE_VARIABLE = "PANTS_TFLITE_COMPILE"
# Written last: every source of the environment was compiled, or cannot be.
_MARKER = ".pants_tflite_compiled"
_LOCK = ".pants_tflite_compiling"
# A fifth of all sources, and hardly ever imported.
_TESTS = "tests"
_MAX_PROCESSES = 4
_MAX_WAIT_SECONDS = 300.0
_POLL_SECONDS = 0.1


def _sources(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", _TESTS))
        paths = (os.path.join(parent, name) for name in sorted(files) if name.endswith(".py"))
        yield from (path for path in paths if os.access(path, os.R_OK))


def compile_share(folder: Path, index: int, count: int) -> None:
    """Compiles every `count`th source in `folder`, from number `index` on; each file is replaced whole.

    A source that is not Python of this version is skipped: its import fails with or without it. Exits
    if a file cannot be written.
    """
    import py_compile

    for path in list(_sources(folder))[index::count]:
        try:
            py_compile.compile(
                path,
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except py_compile.PyCompileError:
            continue
        except OSError as error:
            sys.exit(str(error))


def _process_count() -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(usable or 1, _MAX_PROCESSES))


def _compile(folder: Path, lock: int) -> bool:
    """Compiles `folder` in processes that see nothing of this one's environment but the lock.

    They hold it too, so that it is free when the last one has ended, however this process ends.
    """
    import subprocess

    count = _process_count()
    program = (sys.executable, "-I", "-W", "ignore", str(Path(__file__).resolve()))
    processes = [
        subprocess.Popen(
            (*program, str(folder), str(index), str(count)),
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(lock,),
        )
        for index in range(count)
    ]
    return not any([process.wait() for process in processes])


def _take_lock(path: Path) -> int | None:
    """Returns the locked file, or None if another process holds the lock for too long.

    The bound is there for one that is stopped: to start slowly is better than to wait forever.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    deadline = time.monotonic() + _MAX_WAIT_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(lock)
                return None
        except OSError:
            os.close(lock)
            raise
        time.sleep(_POLL_SECONDS)


def ensure_compiled(environment: Path) -> bool:
    """Compiles the virtual environment unless that is done; returns False if it could not be finished.

    Processes that start at the same time wait for the first of them. An environment that cannot be
    written is left as it is, for it works without compiled files too.
    """
    marker = environment / _MARKER
    if marker.exists():
        return True
    try:
        lock = _take_lock(environment / _LOCK)
    except OSError as error:
        print(f"starting without compiled files: {error}", file=sys.stderr)
        return True
    if lock is None:
        return False
    try:
        # Whoever held the lock may have done the work.
        if not marker.exists():
            if not _compile(environment.resolve() / "lib", lock):
                return False
            marker.touch()
    except OSError as error:
        print(f"starting without all compiled files: {error}", file=sys.stderr)
        return False
    finally:
        os.close(lock)
    return True


def ensure_compiled_if_asked() -> None:
    """Compiles this interpreter's environment if the environment variable PANTS_TFLITE_COMPILE is set.

    The rule that installs an environment has it compiled. This is for one that was installed again
    since then, for example after its cache was deleted, or on another machine.
    """
    if os.environ.get(COMPILE_VARIABLE) and sys.prefix != sys.base_prefix:
        ensure_compiled(Path(sys.prefix))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        compile_share(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    elif not ensure_compiled(Path(sys.prefix)):
        sys.exit("The compiled files are not complete.")
