# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from build_support.locks import LOCKS, ROOT, Lock, read_requirements

WITH_METADATA = [lock for lock in LOCKS if lock.has_metadata]


def _paths(pattern: str) -> set[str]:
    folders = (ROOT / "3rdparty", ROOT / "src", ROOT / "tests")
    return {str(path.relative_to(ROOT)) for folder in folders for path in folder.rglob(pattern)}


def test_the_script_knows_every_lock() -> None:
    assert _paths("*.lock") == {lock.lock for lock in LOCKS}
    assert _paths("*.metadata") == {lock.metadata for lock in WITH_METADATA}


def test_a_constraint_is_locked_first() -> None:
    locked = [lock.lock for lock in LOCKS]
    for lock in LOCKS:
        assert not lock.constraint or lock.constraint in locked[: locked.index(lock.lock)]


def test_pins_that_need_a_newer_python() -> None:
    (lock,) = (lock for lock in LOCKS if lock.newer_pins)
    before, after = (ROOT / lock.constraint).read_text(), lock.render_constraint()
    marked = re.findall(r"^(\S+)==\S+ ; python_full_version >= '3.11' \\$", after, re.MULTILINE)
    assert marked == sorted(lock.newer_pins)
    assert after.replace(" ; python_full_version >= '3.11'", "") == before


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.path)
def test_a_lock_pins_by_hash_what_its_requirements_pin(lock: Lock) -> None:
    content = (ROOT / lock.lock).read_text()
    pins = re.findall(r"^([\w.-]+)==(\S+).* \\\n    --hash=sha256:", content, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^\S", content, re.MULTILINE))
    for requirement in read_requirements(ROOT / lock.requirements):
        name, _, version = requirement.partition(";")[0].strip().partition("==")
        name = re.sub(r"[._]", "-", name)
        assert [pin for pin in pins if pin[0] == name and version in ("", pin[1])], requirement


@pytest.mark.parametrize("lock", WITH_METADATA, ids=lambda lock: lock.path)
def test_metadata_agrees_with_requirements(lock: Lock) -> None:
    content = (ROOT / lock.metadata).read_text()
    assert content == lock.render_metadata()
    requirements = json.loads(content)["generated_with_requirements"]
    assert requirements == read_requirements(ROOT / lock.requirements) != []


def test_a_lock_that_is_out_of_date_is_found_and_written(tmp_path: Path) -> None:
    for folder in ("3rdparty", "build_support", "src", "tests/consumer"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    stale, script = tmp_path / "3rdparty/python/pex-cli.lock", tmp_path / "build_support/locks.py"
    expected = stale.read_text()
    stale.write_text(expected.replace("2.1.137", "2.1.136"))

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, str(script), "pex-cli", *args)
        return subprocess.run(command, capture_output=True, text=True)

    check = run("--check")
    assert check.returncode == 1, check.stderr
    assert "3rdparty/python/pex-cli.lock: is not up to date" in check.stdout
    assert stale.read_text() != expected
    assert run().returncode == 0
    assert stale.read_text() == expected
    assert run("--check").returncode == 0


def test_an_unknown_lock_is_refused() -> None:
    command = (sys.executable, str(ROOT / "build_support/locks.py"), "numpy")
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 2
    assert "there is no lock numpy: 3rdparty/python/pants, " in run.stderr
