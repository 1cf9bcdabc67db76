# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""That towncrier can make a part of CHANGELOG.md out of the fragments in changes/."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).absolute().parents[1]
FRAGMENTS = sorted((ROOT / "changes").glob("*.md"))


def draft(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "towncrier",
            "build",
            "--draft",
            "--version=1.2.3",
            "--date=2026-01-01",
        ],
        cwd=root,
        capture_output=True,
        text=True,
    )


def normalized(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with this repository's configuration and changelog, and no fragments."""
    for name in ("CHANGELOG.md", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "changes").mkdir()
    return tmp_path


def test_a_release_lists_every_fragment() -> None:
    run = draft(ROOT)
    assert run.returncode == 0, run.stderr
    assert "## 1.2.3 (2026-01-01)" in run.stdout.splitlines()
    for fragment in FRAGMENTS:
        assert normalized(fragment.read_text()) in normalized(run.stdout), fragment.name


@pytest.mark.parametrize("name", ["9.novel.md", "+typo.add.md", "notes.md", "9.md"])
def test_a_fragment_with_a_wrong_name_is_an_error(copied: Path, name: str) -> None:
    (copied / "changes" / name).write_text("Something changed.\n")
    run = draft(copied)
    assert run.returncode != 0
    assert name in run.stdout + run.stderr


def test_a_fragment_names_its_issue(copied: Path) -> None:
    (copied / "changes" / "9.fixed.md").write_text("A wrong thing is right.\n")
    (copied / "changes" / "BUILD").write_text("")
    assert "### Fixed\n\n- A wrong thing is right. (#9)" in draft(copied).stdout


def test_towncrier_finds_the_place_of_a_release(copied: Path) -> None:
    assert (copied / "CHANGELOG.md").read_text().count(
        "<!-- towncrier release notes start -->\n"
    ) == 1


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda fragment: fragment.name)
def test_a_fragment_is_a_few_sentences(fragment: Path) -> None:
    text = fragment.read_text()
    assert re.match(r"[A-Z`]|zig|[a-z]+-", text)
    assert text.endswith(".\n") and not text.endswith("\n\n")
    assert not re.search(r"^(#|[-*] )|\n\n", text, re.MULTILINE)
    assert len(text) < 600
