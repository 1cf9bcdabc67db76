# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pants_tflite.sandbox import link_environment
from pants_tflite.sandbox.link_environment import interpreter_version, link


def test_the_file_says_where_the_environment_is_below_the_root(tmp_path: Path) -> None:
    environment, file = tmp_path / "root" / "venvs" / "a" / "b", tmp_path / "links" / "name-1"
    environment.mkdir(parents=True)
    link(environment=environment, pex_root=tmp_path / "root", file=file)
    assert file.read_text() == "venvs/a/b\n"
    assert [path.name for path in file.parent.iterdir()] == ["name-1"]


def test_links_on_the_way_do_not_matter(tmp_path: Path) -> None:
    environment, file = tmp_path / "root" / "venvs" / "a", tmp_path / "name-1"
    environment.mkdir(parents=True)
    (tmp_path / "cache").symlink_to(tmp_path / "root")
    link(environment=tmp_path / "cache" / "venvs" / "a", pex_root=tmp_path / "cache", file=file)
    assert file.read_text() == "venvs/a\n"


def test_a_write_that_fails_leaves_the_file_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment, file = tmp_path / "root" / "a", tmp_path / "links" / "name-1"
    environment.mkdir(parents=True)
    file.parent.mkdir()
    file.write_text("before\n")

    def fail(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(link_environment.os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        link(environment=environment, pex_root=tmp_path / "root", file=file)
    assert file.read_text() == "before\n"
    assert [path.name for path in file.parent.iterdir()] == ["name-1"]


def test_another_interpreter_is_refused(tmp_path: Path) -> None:
    command = (sys.executable, "-I", link_environment.__file__)
    run = subprocess.run(
        (*command, sys.prefix, str(tmp_path / "name-1"), "cpython-3.11.99"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert f"with {interpreter_version()}, and cpython-3.11.99 was found" in run.stderr
    assert not (tmp_path / "name-1").exists()
