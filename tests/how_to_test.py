# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The how-to pages as they stand: their files in one workspace, which is built, and their commands there.

A block with a language is a file, below a folder named after the page; its first line is a comment with
the file's path. Without one, `text` is what a command prints. `pants.toml` is what the workspace has. A
block without a language that begins with `./pants` holds commands; those that run a program of the page
come before all others, since it may make files that no page can hold. A command that ends with `# fails`
does, and says what is in the next block. A comment such as `<!-- modes/a.tflite: tests/a.tflite -->` is a
file that no page can hold, too: its path, and the file of this repository that it is a copy of. An example
in `models/` is a copy of itself.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

import pytest
import toml  # pants: no-infer-dep - it comes with Pants

from tests.workspace import ROOT, Workspace, code_blocks

FOLDER = ROOT / "docs" / "how-to"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
LANGUAGES = ("json", "python", "text", "toml")
PANTS_TOML = "pants.toml"
EXAMPLES = "models"
_FAILS = "# fails"
_TITLE = re.compile(r"(?:#|//) ([\w./-]+)")
_NAMED = re.compile(r'"([\w./-]+\.(?:h5|json|keras|py|tflite|txt))(?::\w+)?"')
_COPY = re.compile(r"^<!-- ([\w./-]+): ([\w./-]+) -->$", re.MULTILINE)


def page_name(page: Path) -> str:
    return page.stem


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """The language and the content of each block."""
    yield from code_blocks(page.read_text(encoding="utf-8"))


def titled_blocks(page: Path) -> Iterator[tuple[str, str]]:
    """The path of each block that is a file, and what that file holds."""
    for language, content in blocks(page):
        if language in LANGUAGES:
            first, _, rest = content.partition("\n")
            title = _TITLE.fullmatch(first)
            if title is None and language == "text":
                continue
            assert (
                title
            ), f"{page.name}: a block begins with {first!r}, not with a comment and a path"
            yield title[1], rest


def files_of(page: Path) -> dict[str, bytes]:
    """The files of a page by their paths, without pants.toml."""
    found: dict[str, bytes] = {}
    copies = [
        (path, (ROOT / source).read_bytes())
        for path, source in _COPY.findall(page.read_text(encoding="utf-8"))
    ]
    written = [(path, text.encode()) for path, text in titled_blocks(page) if path != PANTS_TOML]
    for path, content in (*written, *copies):
        own = path.startswith((f"{page.stem}/", f"{EXAMPLES}/"))
        assert own, f"{page.name}: {path} is not below {page.stem}/"
        assert path not in found, f"{page.name} has {path} twice"
        found[path] = content
    return found


def commands_of(page: Path) -> list[list[str]]:
    """The arguments of each command of a page that succeeds."""
    return [
        shlex.split(line)[1:]
        for language, content in blocks(page)
        if not language and content.startswith("./pants")
        for line in content.replace("\\\n", " ").splitlines()
        if not line.endswith(_FAILS)
    ]


def failing_commands_of(page: Path) -> Iterator[tuple[list[str], str]]:
    """The arguments of each command of a page that fails, and what it says."""
    found = list(blocks(page))
    for (language, content), (_, said) in zip(found, found[1:]):
        last = content.rstrip()
        if not language and last.startswith("./pants") and last.endswith(_FAILS):
            yield shlex.split(last.splitlines()[-1], comments=True)[1:], said.strip()


def is_maker(page: Path, command: list[str]) -> bool:
    """Whether a command runs a program of the page."""
    return command[0] == "run" and command[1] in files_of(page)


def named_files(build: str) -> set[str]:
    """The files that a BUILD file names next to itself."""
    return set(_NAMED.findall(build))


def is_part(part: Any, whole: Any) -> bool:
    """Whether options are among others; a list of options may have more items."""
    if isinstance(part, Mapping):
        return isinstance(whole, Mapping) and all(
            key in whole and is_part(value, whole[key]) for key, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(item in whole for item in part)
    return bool(part == whole)


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    """Holds the files of all pages, and is built."""
    workspace = new_workspace(
        {path: content for page in PAGES for path, content in files_of(page).items()}
    )
    for page in PAGES:
        for command in commands_of(page):
            if is_maker(page, command):
                workspace.succeed(*command)
    workspace.succeed("package", "::")
    return workspace


def test_the_pages_are_here() -> None:
    assert "modes" in map(page_name, PAGES)


def test_a_file_that_a_build_file_names_is_found() -> None:
    build = 'tf_saved_model(entry_point="train.py:export", inputs={"points": ":points"})'
    assert named_files(build) == {"train.py"}
    assert named_files('keras_file(source="old.h5")') == {"old.h5"}


def test_options_that_a_workspace_lacks_are_found() -> None:
    options = {"GLOBAL": {"backend_packages": ["a", "b"], "pants_version": "1"}}
    assert is_part({"GLOBAL": {"backend_packages": ["b"]}}, options)
    for lacking in ({"backend_packages": ["c"]}, {"pants_version": "2"}, {"level": "debug"}):
        assert not is_part({"GLOBAL": lacking}, options)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_page_has_a_build_file_and_all_that_it_names(page: Path) -> None:
    files = files_of(page)
    builds = [path for path in files if path.endswith("/BUILD")]
    assert builds
    programs = "".join(files[c[1]].decode() for c in commands_of(page) if is_maker(page, c))
    for path in builds:
        folder = path.rpartition("/")[0]
        named = {f"{folder}/{name}" for name in named_files(files[path].decode())}
        missing = sorted(name for name in named - set(files) if f'"{name}"' not in programs)
        assert missing == [], f"{page.name} does not have {missing}"


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_page_is_in_the_index(page: Path) -> None:
    assert f"]({page.name})" in (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_the_targets_of_a_page_are_built(workspace: Workspace, page: Path) -> None:
    built = {path.split("/")[0].split(".")[0] for path in workspace.dist_hashes()}
    assert page.stem in built


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_the_commands_of_a_page_succeed(workspace: Workspace, page: Path) -> None:
    for command in commands_of(page):
        if not is_maker(page, command):
            workspace.succeed(*command)
    for command, said in failing_commands_of(page):
        assert said in workspace.fail(*command)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_the_options_of_a_page_are_those_of_the_workspace(workspace: Workspace, page: Path) -> None:
    options = toml.loads((workspace.folder / PANTS_TOML).read_text())
    for path, content in titled_blocks(page):
        if path == PANTS_TOML:
            assert is_part(toml.loads(content), options), f"{page.name}: {content}"


def test_a_cut_model_and_its_bundle_say_where_it_was_cut(workspace: Workspace) -> None:
    cut = workspace.json("cut_the_graph/network/model.json")["cut"]
    assert [each["name"] for each in cut["outputs"]] == ["boxes", "scores"]
    assert (cut["samples"], cut["made_up"]) == (16, False)
    (manifest,) = (workspace.folder / "dist/cut_the_graph").glob("mcu/**/manifest.json")
    (bundled,) = json.loads(manifest.read_text())["models"]
    assert bundled["cut"] == cut
    assert not [op["name"] for op in bundled["ops"] if "SUPPRESSION" in op["name"]]
