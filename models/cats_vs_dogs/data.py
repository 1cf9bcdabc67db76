# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Cats and dogs as MobileNetV2 wants them, out of a folder in Cats vs Dogs' own layout.

Every function takes that `folder`, a directory or a .zip archive; without one, pictures are drawn.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Iterator

import numpy as np
from PIL import Image

from models.cats_vs_dogs.drawing import write_folder
from models.cats_vs_dogs.folder import read_folder

SIDE = 224
DRAWN_PER_CLASS = 300

Samples = Iterator[tuple[np.ndarray, int]]


def calibration(folder: Path | None = None) -> Samples:
    """Training samples: a picture of shape (224, 224, 3), and 0 for a cat or 1 for a dog."""
    return training(folder)


def validation(folder: Path | None = None) -> Samples:
    """Held-out samples, one in three, of the same shapes."""
    return _samples(folder, held_out=True)


def training(folder: Path | None = None) -> Samples:
    """The samples that are not held out."""
    return _samples(folder, held_out=False)


def preprocess(picture: Image.Image, side: int = SIDE) -> np.ndarray:
    """An RGB picture as float32 of shape (side, side, 3) in [-1, 1], stretched to the square.

    An app does the same before it runs the model: the graph holds none of it.
    """
    square = picture.resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(square, np.float32) / np.float32(127.5) - 1


def _samples(folder: Path | None, *, held_out: bool) -> Samples:
    if folder is None:
        with tempfile.TemporaryDirectory() as drawn:
            write_folder(Path(drawn), DRAWN_PER_CLASS)
            yield from _samples(Path(drawn), held_out=held_out)
    else:
        for picture, label in read_folder(folder, held_out=held_out):
            yield preprocess(picture), label
