# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import pytest

from pants_tflite.sandbox import outside_use
from pants_tflite.sandbox.outside_use import noting_outside_use
from pants_tflite.sandbox.outside_use_protocol import NOTHING, OutsideUse


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder next to the working directory, with a file."""
    sandbox, outside = tmp_path / "sandbox", tmp_path / "outside"
    for folder in (sandbox, outside):
        folder.mkdir()
        (folder / "data.txt").write_text("1.5")
    monkeypatch.chdir(sandbox)
    return outside


@pytest.mark.parametrize(
    "read",
    [
        lambda path: open(path).read(),
        lambda path: path.read_bytes(),
        lambda path: os.close(os.open(path, os.O_RDONLY)),
        lambda path: open(os.fsencode(path)).read(),
        lambda path: open("../outside/data.txt").read(),
        lambda path: open(f"{os.getcwd()}/../outside/data.txt").read(),
        lambda path: open(path, "r+").read(),
    ],
)
def test_a_file_that_is_read_outside(outside: Path, read: object) -> None:
    with noting_outside_use() as notes:
        read(outside / "data.txt")  # type: ignore[operator]
    assert notes.to_report() == OutsideUse((str(outside / "data.txt"),), ())
    assert notes.to_report().kinds == ("files",)


@pytest.mark.parametrize("lists", [os.listdir, lambda path: list(os.scandir(path))])
def test_a_folder_that_is_listed_outside(outside: Path, lists: object) -> None:
    with noting_outside_use() as notes:
        lists(outside)  # type: ignore[operator]
    assert notes.to_report().files == (str(outside),)


def test_what_is_inside_or_the_machines_is_not_noted(outside: Path) -> None:
    with noting_outside_use() as notes:
        open("data.txt").read()
        Path("data.txt").absolute().read_text()
        os.listdir(".")
        open("made.txt", "w").close()
        open(os.__file__).read()
        open(pytest.__file__).read()
        open("/etc/passwd").read()
        os.listdir("/usr")
        # What is not there has no content that could change.
        (outside / "missing").exists()
        with pytest.raises(FileNotFoundError):
            open(outside / "missing")
    assert notes.to_report() == NOTHING and NOTHING.kinds == ()


def test_what_the_code_made_itself_is_not_noted(outside: Path) -> None:
    with noting_outside_use() as notes:
        (outside / "new.txt").write_text("made")
        (outside / "new.txt").read_text()
        (outside / "new.txt").rename(outside / "renamed.txt")
        (outside / "renamed.txt").read_text()
        with tempfile.TemporaryDirectory() as folder:
            # By a child, whose writing is not seen.
            subprocess.run(["sh", "-c", "echo a > a"], cwd=folder, check=True)
            assert os.listdir(folder) == ["a"]
            Path(folder, "a").read_text()
        with tempfile.TemporaryFile() as file:
            file.write(b"a")
    assert notes.to_report() == NOTHING


def test_a_host_that_is_looked_for() -> None:
    with noting_outside_use() as notes:
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", 9), timeout=1)
        with pytest.raises(OSError):
            socket.getaddrinfo("models.invalid", 443)
        left, right = socket.socketpair()
        left.close()
        right.close()
    assert notes.to_report() == OutsideUse((), ("127.0.0.1", "models.invalid"))
    assert notes.to_report().kinds == ("network",)


def test_nothing_is_noted_after_the_block(outside: Path) -> None:
    with noting_outside_use() as notes:
        pass
    (outside / "data.txt").read_text()
    assert notes.to_report() == NOTHING


def test_a_warning_names_a_few() -> None:
    use = OutsideUse(tuple(f"/data/{index}" for index in range(8)), ("example.org",))
    assert use.kinds == ("files", "network")
    text = use.warning("m:model")
    assert text.startswith(
        "m:model reads `/data/0`, `/data/1`, `/data/2`, `/data/3`, `/data/4` and 3 more, outside of "
        "its sandbox and uses the network (`example.org`). A change there does not build it again"
    )


def test_a_file_inside_costs_four_calls(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports open thousands of files. Calls are counted, since a measured time depends on the machine."""
    calls: list[str] = []

    def count(frame: FrameType, event: str, arg: Any) -> None:
        if event == "call":
            calls.append(frame.f_code.co_name)

    def look_at_file_system(path: Any) -> NoReturn:
        raise AssertionError(f"`{path}` was looked for")

    monkeypatch.setattr(os.path, "isfile", look_at_file_system)
    arguments = (str(Path("data.txt").absolute()), "r", os.O_RDONLY)
    with noting_outside_use() as notes:
        # Python profiles nothing while it calls a hook, so that the test calls it.
        sys.setprofile(count)
        try:
            outside_use._hook("open", arguments)
        finally:
            sys.setprofile(None)
    assert notes.to_report() == NOTHING
    assert 0 < len(calls) <= 4, calls


def test_nothing_is_outside_of_a_sandbox_that_is_the_root(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    with noting_outside_use() as notes:
        (outside / "data.txt").read_text()
    assert notes.to_report() == NOTHING
