# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Drawn pictures lie where the data set has its own, and are the same every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.cats_vs_dogs.drawing import draw, write_folder


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_folder_has_the_layout_of_the_data_set(tmp_path: Path) -> None:
    write_folder(tmp_path, 2)
    assert sorted(_contents(tmp_path)) == [
        "PetImages/Cat/0.jpg",
        "PetImages/Cat/1.jpg",
        "PetImages/Dog/0.jpg",
        "PetImages/Dog/1.jpg",
    ]


def test_a_folder_is_the_same_every_time(tmp_path: Path) -> None:
    write_folder(tmp_path / "once", 3)
    np.random.default_rng().normal()
    write_folder(tmp_path / "again", 3)
    assert _contents(tmp_path / "once") == _contents(tmp_path / "again")


def test_a_larger_folder_starts_with_the_same_pictures(tmp_path: Path) -> None:
    write_folder(tmp_path / "small", 1)
    write_folder(tmp_path / "large", 2)
    assert _contents(tmp_path / "small").items() < _contents(tmp_path / "large").items()


def test_pictures_are_in_colour_and_differ_in_size_and_content() -> None:
    pictures = [draw(label, index) for label in (0, 1) for index in range(6)]
    assert {picture.mode for picture in pictures} == {"RGB"}
    assert len({picture.size for picture in pictures}) > 6
    assert all(200 <= side <= 320 for picture in pictures for side in picture.size)
    assert len({picture.tobytes() for picture in pictures}) == 12
