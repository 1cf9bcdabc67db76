# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writes `docs/reference/`, below the folder that it is started in: `./pants run docs/generator/write_reference.py`."""

from __future__ import annotations

from pathlib import Path

from docs.generator.backend_help import read_backend_help
from docs.generator.reference_pages import differences, render_pages

FOLDER = Path("docs", "reference")


def read_pages(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}


def write_pages(folder: Path, pages: dict[str, str]) -> list[str]:
    """Makes `folder` hold just these pages; returns what was wrong with those that were there."""
    folder.mkdir(parents=True, exist_ok=True)
    found = read_pages(folder)
    for name in sorted({*pages, *found}):
        if name in pages:
            (folder / name).write_text(pages[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return differences(pages, found)


def main() -> None:
    changed = write_pages(FOLDER, render_pages(read_backend_help()))
    print("\n".join(changed) or f"{FOLDER} is up to date.")


if __name__ == "__main__":
    main()
