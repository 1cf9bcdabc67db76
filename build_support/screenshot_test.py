# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import pytest

from build_support.screenshot import BROWSERS, MOST_BYTES, PICTURE, main

PAGE = "<style>body { background: #fff } @media (prefers-color-scheme: dark) { body { background: #000 } }</style>"
needs_browser = pytest.mark.skipif(
    not any(map(shutil.which, BROWSERS)), reason="Chromium is not installed"
)


def size_of(png: Path) -> tuple[int, ...]:
    """Width and height."""
    return struct.unpack(">II", png.read_bytes()[16:24])


@needs_browser
def test_a_picture_has_the_size_and_the_colors_that_were_asked_for(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text(PAGE)
    pictures: list[bytes] = []
    for dark in ([], ["--dark"]):
        output = tmp_path / f"{len(pictures)}.png"
        args = [f"--report={page}", f"--output={output}", "--width=600", "--height=500", *dark]
        assert main(args) == 0
        assert size_of(output) == (450, 375)
        pictures.append(output.read_bytes())
    assert pictures[0] != pictures[1]


def test_without_a_report_it_says_how_to_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([f"--report={tmp_path / 'index.html'}"])
    assert "run `./pants tflite-report models/cats_vs_dogs::`" in capsys.readouterr().err


def test_the_readme_shows_a_small_picture() -> None:
    assert "](docs/report.png)" in (PICTURE.parents[1] / "README.md").read_text(encoding="utf-8")
    assert PICTURE.stat().st_size <= MOST_BYTES
