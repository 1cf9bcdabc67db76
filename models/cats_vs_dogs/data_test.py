# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Samples as MobileNetV2 wants them, from a folder that was given or from drawn pictures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.cats_vs_dogs import data
from models.cats_vs_dogs.drawing import write_folder


def test_preprocessing_scales_to_minus_one_and_one_and_resizes() -> None:
    halves = Image.new("RGB", (30, 10), "black")
    halves.paste("white", (15, 0, 30, 10))
    pixels = data.preprocess(halves)
    assert pixels.shape == (224, 224, 3)
    assert pixels.dtype == np.float32
    assert np.all(pixels[:, :90] == -1)
    assert np.all(pixels[:, -90:] == 1)


def test_samples_of_a_given_folder(tmp_path: Path) -> None:
    write_folder(tmp_path, 6)
    validation = list(data.validation(tmp_path))
    training = list(data.training(tmp_path))
    assert [label for _, label in validation] == [0, 1] * 2
    assert [label for _, label in training] == [0, 1] * 4
    pictures = [picture for picture, _ in validation + training]
    assert {(picture.shape, picture.dtype.name) for picture in pictures} == {
        ((224, 224, 3), "float32")
    }
    assert len({picture.tobytes() for picture in pictures}) == 12


def test_calibration_sees_training_samples_only(tmp_path: Path) -> None:
    write_folder(tmp_path, 3)
    calibration = [picture.tobytes() for picture, _ in data.calibration(tmp_path)]
    assert calibration == [picture.tobytes() for picture, _ in data.training(tmp_path)]


def test_without_a_folder_pictures_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "DRAWN_PER_CLASS", 3)
    write_folder(tmp_path, 3)
    for drawn, given in zip(data.validation(), data.validation(tmp_path), strict=True):
        assert drawn[1] == given[1]
        np.testing.assert_array_equal(drawn[0], given[0])


def test_data_do_not_import_tensorflow() -> None:
    code = "import models.cats_vs_dogs.data, sys; sys.exit('tensorflow' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
