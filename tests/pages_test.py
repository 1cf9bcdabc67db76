# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Links in pages lead to existing targets, and commit hooks need nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator
from xml.etree import ElementTree

import pytest
import yaml  # pants: no-infer-dep - it comes with Pants

from docs.generator.reference_pages import anchor

ROOT = Path(__file__).absolute().parents[1]
BACKEND = ROOT / "src" / "python" / "pants_tflite"
PAGES = sorted(
    path
    for pattern in (
        "*.md",
        "docs/*.md",
        "docs/how-to/*.md",
        "docs/reference/*.md",
        "models/*/README.md",
    )
    for path in ROOT.glob(pattern)
)
# Those that say where code lives, in names of files and folders.
GUIDES = [ROOT / "CONTRIBUTING.md", ROOT / "docs" / "architecture.md"]
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")
_PATH = re.compile(r"[\w.-]+(/[\w.-]+)*/?")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    """A page without its blocks of code."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def is_missing(page: Path, link: str) -> bool:
    path, _, fragment = link.partition("#")
    target = page.parent / path if path else page
    if not target.exists():
        return True
    return bool(fragment) and fragment not in map(anchor, _HEADING.findall(text_of(target)))


def test_the_pages_are_here() -> None:
    names = {"CONTRIBUTING.md", "README.md", "SECURITY.md", "docs/architecture.md"}
    assert {*names, "docs/how-to/README.md"} <= set(map(name, PAGES))
    assert len([page for page in PAGES if page.parent.name == "reference"]) > 10


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in _LINK.findall(text_of(page)) if "://" not in link]
    assert [link for link in links if is_missing(page, link)] == []


@pytest.mark.parametrize("link", ["docs/none.md", "README.md#none", "#none"])
def test_a_link_that_leads_nowhere_is_found(link: str) -> None:
    assert is_missing(ROOT / "README.md", link)


def paths_in(page: Path) -> Iterator[str]:
    """The names of files and folders of this repository that a page has as code."""
    for code in _CODE.findall(text_of(page)):
        top = code.partition("/")[0]
        # What is in a sandbox or in `dist/` is in no repository.
        if not _PATH.fullmatch(code) or "/" not in code or top in (".", "dist", "out"):
            continue
        if (ROOT / top).is_dir() or (BACKEND / top).is_dir():
            yield code


@pytest.mark.parametrize("page", GUIDES, ids=name)
def test_a_guide_names_files_that_are_here(page: Path) -> None:
    paths = sorted(set(paths_in(page)))
    assert len(paths) > 5
    candidates = [[ROOT / path, BACKEND / path, BACKEND / f"{path}.py"] for path in paths]
    missing = [path for path, found in zip(paths, candidates) if not any(map(Path.exists, found))]
    assert missing == []


def test_hooks_run_what_is_here() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    hooks = config["repos"][0]["hooks"]
    assert {hook["id"] for hook in hooks} == {"changelog", "fmt-lint-check", "reference"}
    for hook in hooks:
        assert hook["language"] == "system"
        program, _, *arguments = hook["entry"].split()
        assert program == "./pants"
        for argument in arguments:
            assert argument in ("lint", "check") or (ROOT / argument).is_file()


def test_the_picture_is_readable_by_machines() -> None:
    root = ElementTree.parse(ROOT / "docs" / "flow.svg").getroot()
    texts = [element.text or "" for element in root]
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "From training code to device bundles" in texts
