# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A classifier with outlier weights in two layers: the layers are named, and a search wins the score
back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Callable

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
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    return new_workspace(FILES)


def _folder(workspace: Workspace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(workspace.folder, "m").iterdir()}


def _layers_in(text: str) -> set[str]:
    return {
        name
        for name in ("first", "second", "third", "fourth", "fifth", "scores")
        if re.search(rf"\b{name}(_1)?/", text)
    }


def test_budgets_that_nothing_meets_write_nothing(workspace: Workspace) -> None:
    error = workspace.fail("tflite-tune", "m:model@quantization=float32")
    assert "m:model@quantization=float32, field `quantization`" in error
    assert "not even the float model meets the budgets" in error
    assert "impossible wants min_score=0.9999 on litert" in error
    assert set(_folder(workspace)) == {"BUILD", "train.py"}


def test_a_failing_test_names_just_the_planted_layers(workspace: Workspace) -> None:
    run = workspace.pants("test", "m:int8_is_bad")
    assert run.exit_code != 0
    lines = [line for line in (run.stdout + run.stderr).splitlines() if "its own error is" in line]
    assert lines, run.stderr
    assert _layers_in("\n".join(lines)) == {"fourth", "fifth"}


def test_a_search_wins_the_score_back_at_little_cost(workspace: Workspace) -> None:
    workspace.succeed("tflite-tune", "m:model@quantization=tuned")
    written = _folder(workspace)
    assert set(written) == {"BUILD", "train.py", "tuned.json", "tuned.md"}
    entries = json.loads(written["tuned.json"])["entries"]
    named = [entry["regex"].replace("\\", "") for entry in entries if entry["regex"] != ".*"]
    assert _layers_in("\n".join(named)) == {"fourth", "fifth"}
    assert written["tuned.md"].decode().count("**chosen**") == 1
    # The float model's accuracy but for 0.02, where int8 has lost most of it.
    workspace.succeed("test", "m:tuned_is_good")
    workspace.succeed("package", "m:model@quantization=tuned", "m:model@quantization=int8")
    tuned, int8 = (
        workspace.json(f"m/model@quantization={name}/model.json")["sizes"]["file"]
        for name in ("tuned", "int8")
    )
    assert tuned <= 1.2 * int8

    again = workspace.succeed("tflite-tune", "m:model@quantization=tuned")
    assert _folder(workspace) == written
    assert not [step for step in again.steps if step.startswith(("Convert", "Quantize", "Find"))]


def test_a_recipe_for_other_layers_is_an_error(workspace: Workspace) -> None:
    path = Path(workspace.folder, "m", "tuned.json")
    recipe = path.read_text() if path.exists() else None
    entry = {"regex": "^old_layer/MatMul;$", "operation": "*", "algorithm_key": "no_quantize"}
    path.write_text(json.dumps({"entries": [entry]}))
    error = workspace.fail("package", "m:model@quantization=tuned")
    assert "m:model@quantization=tuned, field `recipe` = '^old_layer/MatMul;$'" in error
    assert "is for ops that the model does not have" in error
    if recipe is not None:
        path.write_text(recipe)
