# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

import pytest

from pants_tflite.sandbox import supervisor
from pants_tflite.sandbox.supervisor import UNFINISHED_EXIT_CODE, group_members

_ROOT = Path(supervisor.__file__).parents[2]
_SECONDS_AT_MOST = 30
# A program that calls the user's function, and writes its output after that.
PROGRAM = """\
import os, signal, subprocess, sys, threading, time
from dataclasses import dataclass
from pants_tflite.sandbox.harness import OUTPUT_DIR, run, users_code
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.protocol import Message

@dataclass(frozen=True)
class Request(Message):
    pass

def keep(pid):
    with open("left", "a") as file:
        file.write(f"{pid}\\n")

def users_function():
    {code}

def main(request):
    with users_code():
        users_function()
    (OUTPUT_DIR / "answer").write_text("42")

if __name__ == "__main__":
    run(main, Request)
"""
SLEEP = 'subprocess.Popen(["sleep", "1000"]'


class Steps:
    """Runs of a program in a folder, with whatever `code` its user's function has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.header = ""
        self.program = PROGRAM

    @property
    def left(self) -> list[int]:
        """The processes that the function says it left behind."""
        path = self.folder / "left"
        return list(map(int, path.read_text().split())) if path.exists() else []

    @property
    def wrote(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "out").glob("*"))

    def start(self, code: str, *, below: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Starts a step, by a command that takes the step's as its arguments if it is to be `below` one."""
        indented = code.replace("\n", "\n    ")
        (self.folder / "program.py").write_text(
            self.header + self.program.replace("{code}", indented)
        )
        (self.folder / "request.json").write_text('{"version": 1}')
        return subprocess.Popen(
            [*below, sys.executable, "-m", supervisor.__name__, "program", "request.json"],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": f"{_ROOT}{os.pathsep}{self.folder}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, code: str) -> subprocess.CompletedProcess[str]:
        """A step that ends, and whose output ends, in time."""
        process = self.start(code)
        stdout, stderr = process.communicate(timeout=_SECONDS_AT_MOST)
        return subprocess.CompletedProcess([], process.returncode, stdout, stderr)


@pytest.fixture
def steps(tmp_path: Path) -> Iterator[Steps]:
    steps = Steps(tmp_path)
    yield steps
    for pid in steps.left:
        if _lives(pid):
            os.kill(pid, signal.SIGKILL)


def _lives(pid: int) -> bool:
    try:
        state = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_program_that_finishes_succeeds(steps: Steps) -> None:
    step = steps.run("print('training')\nprint('a warning', file=sys.stderr)")
    assert (step.returncode, step.stdout, step.stderr) == (0, "training\n", "a warning\n")
    assert steps.wrote == ["answer"]


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("os._exit(0)", UNFINISHED_EXIT_CODE),
        ("os.execv('/bin/true', ['true'])", UNFINISHED_EXIT_CODE),
        ("threading.Thread(target=os._exit, args=(0,)).start()\ntime.sleep(20)", 97),
        ("os._exit(7)", 7),
        ("sys.exit(0)", 1),
        ("raise ValueError('a bug')", 1),
        ("os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL),
        ("os.abort()", 128 + signal.SIGABRT),
    ],
)
def test_what_does_not_finish_fails(steps: Steps, code: str, exit_code: int) -> None:
    step = steps.run(code)
    assert step.returncode == exit_code, step.stderr
    assert steps.wrote == []
    assert ("before `program` had finished" in step.stderr) == (exit_code == UNFINISHED_EXIT_CODE)


def test_a_marker_of_an_earlier_run_proves_nothing(steps: Steps) -> None:
    assert steps.run("pass").returncode == 0
    assert steps.run("os._exit(0)").returncode == UNFINISHED_EXIT_CODE


@pytest.mark.parametrize("end", ["sys.exit(0)", "raise ValueError", "return", "os._exit(0)"])
def test_a_forked_child_is_not_a_second_program(steps: Steps, end: str) -> None:
    step = steps.run(f"if os.fork() == 0:\n    {end}\nos.wait()\nprint('waited')")
    assert (step.returncode, step.stdout) == (0, "waited\n")
    assert steps.wrote == ["answer"]


def test_a_child_of_code_that_nobody_watches_marks_nothing(steps: Steps) -> None:
    """Layers and metrics may fork wherever a library calls them."""
    steps.program = PROGRAM.replace("with users_code():", "if True:")
    step = steps.run("if os.fork():\n    os.wait()\n    os._exit(0)")
    assert step.returncode == UNFINISHED_EXIT_CODE, step.stderr
    assert "before `program` had finished" in step.stderr


@pytest.mark.parametrize(
    "code",
    [
        f"keep({SLEEP}).pid)",
        f"keep({SLEEP}, start_new_session=True).pid)",
        "pid = os.fork()\nif pid == 0:\n    time.sleep(1000)\nkeep(pid)",
        # A daemon: it leaves the session, and its parent ends at once.
        "if os.fork() == 0:\n    os.setsid()\n    keep(os.fork() or os.getpid())\n    time.sleep(1000)\n"
        "time.sleep(0.5)",
        "pid = os.fork()\nif pid == 0:\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    time.sleep(1000)\nkeep(pid)\nraise ValueError",
        "pid = os.fork()\nif pid == 0:\n    time.sleep(1000)\nkeep(pid)\nos.abort()",
    ],
    ids=["child", "session", "fork", "daemon", "failed", "killed"],
)
@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone hands orphans on")
def test_no_process_is_left_behind(steps: Steps, code: str) -> None:
    step = steps.run(code)
    assert steps.left, step.stderr
    assert not any(_lives(pid) for pid in steps.left)


def test_a_thread_that_goes_on_does_not_hold_the_step(steps: Steps) -> None:
    begin = time.monotonic()
    step = steps.run(
        "print('x' * 100_000)\nthreading.Thread(target=time.sleep, args=(60,)).start()"
    )
    assert (step.returncode, step.stdout) == (0, "x" * 100_000 + "\n")
    assert time.monotonic() - begin < 20


def test_what_was_registered_for_the_end_runs(steps: Steps) -> None:
    step = steps.run("import atexit\natexit.register(print, 'goodbye')")
    assert (step.returncode, step.stdout) == (0, "goodbye\n")


def test_what_a_library_printed_is_kept(steps: Steps) -> None:
    step = steps.run("import ctypes\nctypes.CDLL(None).printf(b'from C')")
    assert (step.returncode, step.stdout) == (0, "from C")


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's parent death signal")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_program_ends_with_its_supervisor(steps: Steps, number: int) -> None:
    process = steps.start("keep(os.getpid())\ntime.sleep(1000)")
    deadline = time.monotonic() + _SECONDS_AT_MOST
    while not steps.left and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, number)
    process.communicate(timeout=_SECONDS_AT_MOST)
    while any(map(_lives, steps.left)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert steps.left and not any(map(_lives, steps.left))
    assert process.returncode in (-number, 128 + number)


def test_a_step_ends_with_the_build_that_started_it(steps: Steps) -> None:
    """A killed build takes nobody with it by itself."""
    build = steps.start(
        f"keep(os.getppid())\nkeep(os.getpid())\nkeep({SLEEP}).pid)\ntime.sleep(1000)",
        below=("sh", "-c", '"$@"; exit', "sh"),
    )
    deadline = time.monotonic() + _SECONDS_AT_MOST
    while len(steps.left) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    build.kill()
    build.communicate(timeout=_SECONDS_AT_MOST)
    while any(map(_lives, steps.left)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(steps.left) == 3 and not any(map(_lives, steps.left))


@pytest.mark.parametrize("code", ["import numpy", "pass"], ids=["program", "its import"])
def test_a_resolve_that_lacks_a_package_is_blamed(steps: Steps, code: str) -> None:
    (steps.folder / "numpy.py").write_text("raise ModuleNotFoundError('gone', name='numpy')\n")
    steps.header = "import numpy\n" if code == "pass" else ""
    step = steps.run(code)
    assert step.returncode == 3, step.stderr
    error = json.loads((steps.folder / "out" / "error.json").read_text())
    assert error["field"] == "resolve"
    assert error["message"] == "NumPy is not among the requirements of the resolve"
    assert "`[python].default_resolve`" in error["fix"]
    # Whoever makes models needs more than NumPy, and is not to hear of it on the next run only.
    assert "`tensorflow-cpu`, which brings it" in error["fix"]


def test_another_import_that_fails_is_a_crash(steps: Steps) -> None:
    assert steps.run("import missing").returncode == 1
    steps.header = "import missing\n"
    step = steps.run("pass")
    assert step.returncode == 1 and "No module named 'missing'" in step.stderr
    assert steps.wrote == []


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps")
def test_members_of_a_group_are_found() -> None:
    leader = subprocess.Popen(
        ["sh", "-c", "sleep 60 & echo $!; wait"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert leader.stdout is not None
    member = int(leader.stdout.readline())
    try:
        assert sorted(group_members(leader.pid)) == sorted((leader.pid, member))
    finally:
        os.killpg(leader.pid, signal.SIGKILL)
        leader.wait()
