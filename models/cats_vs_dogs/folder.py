# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Folders of labelled pictures in the layout of Cats vs Dogs: PetImages/Cat/0.jpg, PetImages/Dog/0.jpg.

A folder may be a directory or a .zip archive, which is read where it stands.
"""

from __future__ import annotations

import zipfile
from itertools import chain, zip_longest
from pathlib import Path
from typing import Iterator

from PIL import Image

CLASSES = ("Cat", "Dog")
HELD_OUT_EVERY = 3
"""Of a class's pictures in the order of their numbers, every third is held out for validation."""

AnyPath = Path | zipfile.Path


def read_folder(folder: Path, *, held_out: bool) -> Iterator[tuple[Image.Image, int]]:
    """The held-out or the other pictures in RGB with their labels, a cat and a dog in turn.

    Labels are positions in `CLASSES`. What cannot be read as a picture is left out: the real data
    set has empty files, truncated ones and some that are no pictures at all. Raises ValueError
    if `folder` has no PetImages/Cat or PetImages/Dog.
    """
    classes = [
        [(path, label) for path in _class_files(folder, name, held_out)]
        for label, name in enumerate(CLASSES)
    ]
    for item in chain.from_iterable(zip_longest(*classes)):
        picture = _read_picture(item[0]) if item else None
        if picture is not None:
            yield picture, item[1]


def _class_files(folder: Path, name: str, held_out: bool) -> list[AnyPath]:
    root: AnyPath = zipfile.Path(folder) if folder.is_file() else folder
    directory = root / "PetImages" / name
    if not directory.is_dir():
        raise ValueError(f"{folder.name} has no directory PetImages/{name}")
    numbered = sorted(
        (int(path.name[: -len(".jpg")]), path)
        for path in directory.iterdir()
        if path.name.endswith(".jpg")
    )
    return [
        path
        for position, (_, path) in enumerate(numbered)
        if (position % HELD_OUT_EVERY == HELD_OUT_EVERY - 1) == held_out
    ]


def _read_picture(path: AnyPath) -> Image.Image | None:
    """The picture in RGB, or None if there is none in the file."""
    try:
        with path.open("rb") as file, Image.open(file) as picture:
            return picture.convert("RGB")
    except (OSError, SyntaxError):
        return None
