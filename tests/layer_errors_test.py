# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A classifier with outlier weights in two layers: the layers are named, and a search wins the score
back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.workspace import Workspace

BUILD = """\
python_sources()

tf_saved_model(name="saved_model", entry_point="train.py:export")
tflite_dataset(name="calibration", entry_point="train.py:calibration", max_samples=100)
tflite_dataset(name="validation", entry_point="train.py:validation", max_samples=200)

tflite_quantization(name="tuned", engine="ai_edge", recipe="tuned.json")
tflite_model(
    name="model",
    saved_model=":saved_model",
    quantization=parametrize("float32", "int8", tuned=":tuned"),
    calibration=":calibration",
    verify_dataset=":validation",
    verify_tolerance=2.0,
)
tflite_test(
    name="tuned_is_good",
    model=":model@quantization=tuned",
    baseline=":model@quantization=float32",
    dataset=":validation",
    metric="accuracy",
    max_score_drop=0.02,
)
tflite_test(
    name="int8_is_bad",
    model=":model@quantization=int8",
    dataset=":validation",
    metric="accuracy",
    min_score=0.9,
)
tflite_test(
    name="impossible",
    model=":model@quantization=float32",
    dataset=":validation",
    metric="accuracy",
    min_score=0.9999,
    max_size="1KB",
)
"""
TRAIN = '''\
import keras
import numpy as np
from sklearn.datasets import load_digits

OUTLIER = 100.0
# The layers whose weights are planted, and the units before them that are always 0.
PLANTED = ("fourth", "fifth")


def _split():
    digits = load_digits()
    images = (digits.images.reshape(-1, 64) / 16).astype("float32")
    return images, digits.target.astype("int32")


def export():
    """A classifier of digits; the outliers are weights of a unit that is always 0, so that they change
    nothing in floats."""
    pixels = keras.Input((64,), name="pixels")
    x = pixels
    for name, units in (("first", 128), ("second", 128), ("third", 16), ("fourth", 16), ("fifth", 96)):
        x = keras.layers.Dense(units, activation="relu", name=name)(x)
    scores = keras.layers.Dense(10, activation="softmax", name="scores")(x)
    model = keras.Model(pixels, scores)
    model.compile("adam", "sparse_categorical_crossentropy")
    images, labels = _split()
    model.fit(images[300:], labels[300:], batch_size=64, epochs=25, verbose=0)
    for before, name in zip(("third", "fourth"), PLANTED):
        kernel, bias = model.get_layer(before).get_weights()
        kernel[:, 0], bias[0] = 0, -1
        model.get_layer(before).set_weights([kernel, bias])
        kernel, bias = model.get_layer(name).get_weights()
        kernel[0, :] = OUTLIER
        model.get_layer(name).set_weights([kernel, bias])
    return model


def calibration():
    yield from zip(*(array[300:] for array in _split()))


def validation():
    yield from zip(*(array[:300] for array in _split()))
'''
FILES = {"m/BUILD": BUILD, "m/train.py": TRAIN}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Any:
    workspace = Workspace(tmp_path_factory.mktemp("tuned"), FILES)
    yield workspace
    workspace.close()
