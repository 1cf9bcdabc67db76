# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The loader of picture folders: labels, order, split, and what it leaves out."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.cats_vs_dogs.folder import CLASSES, read_folder

COUNT = 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data set of plain pictures, as `_seen` tells them apart: red is 20 times the number."""
    for label, name in enumerate(CLASSES):
        directory = tmp_path / "set" / "PetImages" / name
        directory.mkdir(parents=True)
        for number in range(COUNT):
            colour = (20 * number, 200 * label, 100)
            Image.new("RGB", (8, 6), colour).save(directory / f"{number}.jpg", quality=95)
    return tmp_path / "set"


def _seen(folder: Path, *, held_out: bool) -> list[tuple[int, int]]:
    """The number and the label of every picture; its colour, too, must be that of the label."""
    seen = []
    for picture, label in read_folder(folder, held_out=held_out):
        red, green, _ = (int(part) for part in np.asarray(picture)[3, 4])
        assert (green > 100) == bool(label)
        seen.append((round(red / 20), label))
    return seen


def test_a_third_is_held_out_and_classes_take_turns(folder: Path) -> None:
    held_out = [(number, label) for number in (2, 5, 8, 11) for label in (0, 1)]
    others = [(number, label) for number in (0, 1, 3, 4, 6, 7, 9, 10) for label in (0, 1)]
    assert _seen(folder, held_out=True) == held_out
    assert _seen(folder, held_out=False) == others


def test_a_longer_class_goes_on_alone(folder: Path) -> None:
    for number in range(3, COUNT):
        (folder / f"PetImages/Cat/{number}.jpg").unlink()
    assert _seen(folder, held_out=True) == [(2, 0), (2, 1), (5, 1), (8, 1), (11, 1)]


def test_an_archive_reads_like_the_directory_it_holds(folder: Path) -> None:
    archive = Path(shutil.make_archive(str(folder), "zip", folder))
    for held_out in (True, False):
        assert _seen(archive, held_out=held_out) == _seen(folder, held_out=held_out)


def test_what_is_no_picture_is_left_out(folder: Path) -> None:
    cats = folder / "PetImages" / "Cat"
    (cats / "0.jpg").write_bytes(b"")
    (cats / "1.jpg").write_bytes((cats / "1.jpg").read_bytes()[:-200])
    (cats / "3.jpg").write_text("<html>404</html>")
    (cats / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    seen = _seen(folder, held_out=False)
    assert [number for number, label in seen if label == 0] == [4, 6, 7, 9, 10]
    assert [number for number, label in seen if label == 1] == [0, 1, 3, 4, 6, 7, 9, 10]


@pytest.mark.parametrize("mode", ["L", "P", "CMYK"])
def test_pictures_of_other_modes_become_rgb(folder: Path, mode: str) -> None:
    file_format = "GIF" if mode == "P" else "JPEG"
    Image.new(mode, (8, 6)).save(folder / "PetImages/Cat/0.jpg", format=file_format)
    picture, label = next(read_folder(folder, held_out=False))
    assert (picture.mode, picture.size, label) == ("RGB", (8, 6), 0)


def test_a_folder_without_a_class_is_an_error(folder: Path) -> None:
    shutil.rmtree(folder / "PetImages" / "Dog")
    with pytest.raises(ValueError, match="set has no directory PetImages/Dog"):
        next(read_folder(folder, held_out=True))
