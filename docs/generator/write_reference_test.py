# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""That `docs/reference/` is what the help in the code says, and how it is written."""

from __future__ import annotations

from pathlib import Path

from docs.generator.backend_help import read_backend_help
from docs.generator.reference_pages import COMMAND, differences, render_pages
from docs.generator.write_reference import FOLDER, read_pages, write_pages

ROOT = Path(__file__).absolute().parents[2]


def test_the_reference_is_what_the_help_says() -> None:
    wrong = differences(render_pages(read_backend_help()), read_pages(ROOT / FOLDER))
    assert not wrong, f"in {FOLDER}: {', '.join(wrong)}; run `{COMMAND}`"


def test_a_folder_holds_just_the_pages_that_were_written(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "reference"
    pages = {"a.md": "one …\n", "b.md": "two\n"}
    assert write_pages(folder, pages) == ["a.md is missing", "b.md is missing"]
    (folder / "BUILD").write_text("")
    (folder / "c.md").write_text("three\n")
    (folder / "b.md").write_text("2\n")
    assert write_pages(folder, pages) == ["b.md is stale", "c.md is left over"]
    assert write_pages(folder, pages) == []
    assert read_pages(folder) == pages
    assert sorted(path.name for path in folder.iterdir()) == ["BUILD", "a.md", "b.md"]
