# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""README.md as it stands: its pants.toml and BUILD file in a repository of their own, and its commands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.workspace import ROOT, Workspace, code_blocks, find_wheel, wheel_requirement

README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGED = "models.digits/tflite@quantization=int8"
# What this machine says: where the wheel is, and, as for all other tests, what lets these find what those have cached.
PANTS_RC = f"""\
[GLOBAL]
plugins = ["{wheel_requirement("%(buildroot)s/wheels")}"]

[pex]
executable_search_paths = ["/usr/bin", "/bin"]
"""


def blocks(language: str) -> list[str]:
    return [content for found, content in code_blocks(README) if found == language]


def titled_block(language: str) -> tuple[str, str]:
    """The only block in a language: the path in its first line, and what the file holds."""
    (block,) = blocks(language)
    title, _, content = block.partition("\n")
    return title.lstrip("# "), content


(COMMANDS, OUTPUT) = blocks("")


def example_files() -> Iterator[tuple[str, bytes]]:
    for example in ("digits", "linear"):
        for path in sorted((ROOT / "models" / example).iterdir()):
            if path.is_file() and not path.name.endswith("_test.py"):
                yield path.relative_to(ROOT).as_posix(), path.read_bytes()


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    written = dict((titled_block("toml"), titled_block("python")))
    assert list(written) == ["pants.toml", "models/digits/BUILD"]
    workspace = new_workspace({**dict(example_files()), ".pants.rc": PANTS_RC, **written})
    workspace.write({f"wheels/{find_wheel().name}": find_wheel().read_bytes()})
    return workspace


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.\d+", text)]


def test_the_commands_do_what_the_readme_says(workspace: Workspace) -> None:
    package, run = (shlex.split(line) for line in COMMANDS.splitlines())
    assert package[0] == run[0] == "./pants"
    workspace.succeed(*package[1:])
    stdout = workspace.succeed(*run[1:]).stdout
    # Another kind of processor may round the prediction differently.
    assert re.sub(r"\d+\.\d+", "N", stdout.strip()) == re.sub(r"\d+\.\d+", "N", OUTPUT.strip())
    assert numbers(stdout) == pytest.approx(numbers(OUTPUT), abs=0.01)


def test_a_package_holds_the_files_in_the_table(workspace: Workspace) -> None:
    assert f"`dist/{PACKAGED}/` then holds" in README
    table = README.partition("then holds")[2].partition("\n## ")[0]
    named = {
        name
        for row in table.splitlines()
        for name in re.findall(r"`([\w.]+)`", row[: row.find(" |", 2)])
    }
    packaged = {path.name for path in (workspace.folder / "dist" / PACKAGED).iterdir()}
    assert named == packaged
    golden_input = workspace.folder / "dist" / PACKAGED / "golden_input.npz"
    assert (
        golden_input.resolve().parent
        == workspace.folder.resolve() / "dist/models.digits/golden_inputs"
    )
    assert Path(workspace.folder, "dist/models.digits/mcu/manifest.json").is_file()
