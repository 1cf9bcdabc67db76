# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

import pytest

from pants_tflite.sandbox import compile_environment, harness
from pants_tflite.sandbox.compile_environment import COMPILE_VARIABLE, ensure_compiled

_ROOT = Path(compile_environment.__file__).parents[2]
_PROGRAM = compile_environment.__file__
MARKER = ".pants_tflite_compiled"
LOCK = ".pants_tflite_compiling"
# Takes a compiler a while.
LONG_SOURCE = "".join(f"def f{index}(x):\n    return [x, {index}]\n" for index in range(2000))
HARNESS_USER = """\
from dataclasses import dataclass

from pants_tflite.sandbox.harness import OUTPUT_DIR, run
from pants_tflite.sandbox.protocol import Message

@dataclass(frozen=True)
class Request(Message):
    pass

def main(request):
    import package.module
    (OUTPUT_DIR / "answer").write_text(str(package.module.answer))

run(main, Request)
"""


class Environment:
    def __init__(self, folder: Path) -> None:
        # An interpreter that is in an environment itself cannot be the base of another.
        base = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
        subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
        self.folder = folder
        (self.packages,) = folder.glob("lib/python3.*/site-packages")
        self.python = folder / "bin" / "python"

    def write(self, name: str, text: str) -> Path:
        path = self.packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.python, "-I", _PROGRAM], stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def compile(self) -> None:
        process = self.start()
        error = process.communicate()[1]
        assert (process.returncode, error) == (0, "")

    def run(self, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, "-c", code],
            env={"PYTHONDONTWRITEBYTECODE": "1", **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
        )

    def answer(self) -> str:
        run = self.run("import package.module; print(package.module.answer)")
        assert run.returncode == 0, run.stderr
        return run.stdout.strip()

    def compiled(self) -> list[Path]:
        return sorted(self.folder.rglob("*.pyc"))

    def is_complete(self) -> bool:
        return (self.folder / MARKER).exists()


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    made = Environment(tmp_path / "environment")
    made.write("package/__init__.py", "")
    made.write("package/module.py", "answer = 1\n")
    return made


@pytest.fixture
def long_environment(environment: Environment) -> Environment:
    for index in range(40):
        environment.write(f"package/long{index}.py", LONG_SOURCE)
    return environment


def _wait_for_compiled(environment: Environment, process: subprocess.Popen[str]) -> None:
    while not environment.compiled():
        assert process.poll() is None
        time.sleep(0.01)


def test_programs_load_what_was_compiled(environment: Environment) -> None:
    environment.compile()
    assert [path.name.split(".")[0] for path in environment.compiled()] == ["__init__", "module"]
    # No program ever sees an edited environment: this shows where it reads the module from.
    environment.write("package/module.py", "answer = 22\n")
    assert environment.answer() == "1"


def test_what_is_compiled_holds_no_time_and_stays_valid_in_a_copy(environment: Environment) -> None:
    environment.compile()
    for path in environment.compiled():
        unchecked_hash = 0b01
        assert struct.unpack("<I", path.read_bytes()[4:8]) == (unchecked_hash,)


def test_an_environment_is_compiled_once(environment: Environment) -> None:
    environment.compile()
    for path in environment.compiled():
        path.unlink()
    environment.compile()
    assert environment.compiled() == []


def test_tests_and_sources_that_are_not_python_are_skipped(environment: Environment) -> None:
    environment.write("package/template.py", "def {name}(:\n")
    environment.write("package/null.py", "\0")
    environment.write("package/latin.py", "").write_bytes(b"name = '\xff'\n")
    environment.write("package/tests/test_module.py", "")
    (environment.packages / "package" / "lost.py").symlink_to("nowhere.py")
    environment.compile()
    assert environment.is_complete()
    assert [path.name.split(".")[0] for path in environment.compiled()] == ["__init__", "module"]


def test_modules_next_to_a_program_do_not_shadow_what_compiles(environment: Environment) -> None:
    shadow = environment.folder / "shadow"
    shadow.mkdir()
    (shadow / "py_compile.py").write_text("raise SystemExit('shadowed')")
    run = environment.run(
        "import pathlib, sys; from pants_tflite.sandbox.compile_environment import ensure_compiled\n"
        "assert ensure_compiled(pathlib.Path(sys.prefix))",
        PYTHONPATH=os.pathsep.join((str(shadow), str(_ROOT))),
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert len(environment.compiled()) == 2


def test_several_processes_at_once_compile_once(long_environment: Environment) -> None:
    processes = [long_environment.start() for _ in range(3)]
    _wait_for_compiled(long_environment, processes[0])
    first = long_environment.compiled()[0].stat().st_ino
    assert [(p.communicate()[1], p.returncode) for p in processes] == [("", 0)] * 3
    assert long_environment.is_complete()
    # Each compiled file is replaced by a new one if it is compiled a second time.
    inodes = {path.stat().st_ino for path in long_environment.compiled()}
    assert first in inodes and len(inodes) == 42
    assert long_environment.answer() == "1"


def test_a_process_waits_for_one_that_compiles(environment: Environment) -> None:
    lock = os.open(environment.folder / LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    process = environment.start()
    time.sleep(1)
    assert process.poll() is None
    assert environment.compiled() == []
    (environment.folder / MARKER).touch()
    os.close(lock)
    assert (process.communicate()[1], process.returncode) == ("", 0)
    assert environment.compiled() == []


def test_a_process_does_not_wait_forever(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compile_environment, "_MAX_WAIT_SECONDS", 0.3)
    lock = os.open(environment.folder / LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert not ensure_compiled(environment.folder)
    os.close(lock)
    assert not environment.is_complete()
    assert ensure_compiled(environment.folder)
    assert environment.is_complete()


def _is_locked(environment: Environment) -> bool:
    lock = os.open(environment.folder / LOCK, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(lock)


def test_after_a_kill_in_the_middle_the_next_process_finishes(
    long_environment: Environment,
) -> None:
    process = long_environment.start()
    _wait_for_compiled(long_environment, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not long_environment.is_complete()
    assert len(long_environment.compiled()) < 42
    assert long_environment.answer() == "1"
    long_environment.compile()
    assert long_environment.is_complete()
    assert len(long_environment.compiled()) == 42


def test_the_lock_is_held_until_the_last_process_that_compiles_ends(
    long_environment: Environment,
) -> None:
    process = long_environment.start()
    _wait_for_compiled(long_environment, process)
    process.kill()
    process.wait()
    assert _is_locked(long_environment)
    assert process.stderr is not None and process.stderr.read() == ""  # The last one has ended.
    assert not _is_locked(long_environment)
    assert not long_environment.is_complete()


@pytest.fixture
def read_only(environment: Environment) -> Iterator[Environment]:
    """As far as root, too, can be kept from writing: nothing can be opened in a lock's place."""
    (environment.folder / LOCK).mkdir()
    environment.folder.chmod(0o555)
    yield environment
    environment.folder.chmod(0o755)


def test_an_environment_that_cannot_be_written_still_works(read_only: Environment) -> None:
    process = read_only.start()
    assert "starting without compiled files" in process.communicate()[1]
    assert process.returncode == 0
    assert read_only.compiled() == []
    assert read_only.answer() == "1"


def test_what_cannot_be_finished_is_not_marked(environment: Environment) -> None:
    # No folder of this name can be made, as on a full disk.
    environment.write("package/__pycache__", "")
    process = environment.start()
    error = process.communicate()[1]
    assert process.returncode == 1
    assert "Not a directory" in error and "Traceback" not in error
    assert error.endswith("The compiled files are not complete.\n")
    assert not environment.is_complete()
    assert environment.answer() == "1"


@pytest.mark.parametrize("asked", [True, False])
def test_the_harness_compiles_if_it_is_asked(environment: Environment, asked: bool) -> None:
    (environment.folder / "program.py").write_text(HARNESS_USER)
    (environment.folder / "request.json").write_text('{"version": 1}')
    variables = {"PYTHONPATH": str(_ROOT), **({COMPILE_VARIABLE: "1"} if asked else {})}
    run = subprocess.run(
        [environment.python, "program.py", "request.json"],
        env={"PYTHONDONTWRITEBYTECODE": "1", **variables},
        cwd=environment.folder,
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert (environment.folder / harness.OUTPUT_DIR / "answer").read_text() == "1"
    assert environment.is_complete() == asked
    assert len(environment.compiled()) == (2 if asked else 0)
