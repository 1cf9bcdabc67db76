# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs a program in a process of its own, demands proof that it finished, and ends what it leaves behind.

As a program it takes another one's name and arguments. It exits with 0 only if that one both exited so
and left the marker that the harness writes last: exit code 0 alone may come from an `os._exit` in the
code that the program called. A signal N that kills the program becomes the exit code 128 + N.

Children that outlive a program would hold its output open, and so the build that reads it, for as long
as they live. Linux hands them to this process, which ends them wherever they hide. Elsewhere they are
found by their process group. The group is the one that Pants made for the step and kills with it: in
another one they would survive an interrupted build. Where Pants itself was killed, nobody kills the group:
then this process ends it all.
"""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Iterator, NoReturn, Optional, Sequence

# Of a program that ended without its marker, but not by an error.
UNFINISHED_EXIT_CODE = 97
_MARKER = ".pants_tflite_finished"
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_MAX_END_SECONDS = 10.0
_POLL_SECONDS = 0.01
_WATCH_SECONDS = 1.0


def _set_on_linux(option: int, value: int) -> None:
    """Sets an attribute of this process by prctl(2), if the system has it."""
    if sys.platform != "linux":
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        # Then children are only found while their parents live.
        return


def _linux_children(parent: int) -> Iterator[int]:
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stat = Path("/proc", name, "stat").read_text(errors="replace")
            except OSError:
                continue
            # The name in parentheses may hold anything; the state and the parent follow it.
            if int(stat.rpartition(")")[2].split()[1]) == parent:
                yield int(name)


def group_members(group: int) -> Iterator[int]:
    """The processes of a process group, as `ps` lists them."""
    ps = subprocess.Popen(
        ["ps", "-A", "-o", "pid=", "-o", "pgid="], stdout=subprocess.PIPE, text=True
    )
    listing, _ = ps.communicate()
    for line in listing.splitlines():
        pid, found = map(int, line.split())
        if found == group and pid != ps.pid:
            yield pid


def _left_behind() -> Iterator[int]:
    own = os.getpid()
    if sys.platform == "linux":
        yield from _linux_children(own)
    # A group that began with another process holds more than this step.
    elif os.getpgrp() == own:
        yield from (pid for pid in group_members(own) if pid != own)


def _end(pids: Iterator[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def end_descendants() -> None:
    """Ends every process that comes from this one, and waits for it.

    Gives up on those that the system cannot end, such as one that hangs in a file system.
    """
    if sys.platform != "linux":
        _end(_left_behind())
    deadline = time.monotonic() + _MAX_END_SECONDS
    while time.monotonic() < deadline:
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not ended:
            _end(_left_behind())
            time.sleep(_POLL_SECONDS)


def _run(program: Sequence[str], marker: Path, parent: int) -> NoReturn:
    _set_on_linux(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    from pants_tflite.sandbox import harness

    harness.marker = marker
    sys.argv[:] = program
    try:
        runpy.run_module(program[0], run_name="__main__", alter_sys=True)
    except ImportError as error:
        # A program's own imports fail before it can say itself what the resolve lacks.
        harness.fail(error)
    sys.exit(0)


def _terminate(number: int, frame: Optional[FrameType]) -> None:
    sys.exit(128 + number)


def _watch(parent: int) -> None:
    """Ends this process once `parent` is dead. Linux would tell of it by a signal, but also of the end of the
    thread that started the process."""
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def supervise(program: Sequence[str]) -> int:
    """Runs the program `program[0]` with the arguments after it; returns this process's exit code."""
    marker = Path(_MARKER).absolute()
    marker.unlink(missing_ok=True)
    _set_on_linux(_PR_SET_CHILD_SUBREAPER, 1)
    own, parent = os.getpid(), os.getppid()
    child = os.fork()
    if child == 0:
        _run(program, marker, own)
    signal.signal(signal.SIGTERM, _terminate)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    try:
        _, status = os.waitpid(child, 0)
    except KeyboardInterrupt:
        status = signal.SIGINT
    finally:
        end_descendants()
    if os.WIFSIGNALED(status):
        return 128 + os.WTERMSIG(status)
    code = os.WEXITSTATUS(status)
    if code == 0 and not marker.exists():
        print(
            f"The process ended with exit code 0 before `{program[0]}` had finished: the code that it "
            "called ended it, as `os._exit(0)` does.",
            file=sys.stderr,
        )
        return UNFINISHED_EXIT_CODE
    return code


if __name__ == "__main__":
    sys.exit(supervise(sys.argv[1:]))
