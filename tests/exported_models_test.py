# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Models as their owners have them, from training or a file to a verified `.tflite` file."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.workspace import PantsRun, Workspace

BUILD = """\
python_sources()

tf_saved_model(name="resizing", entry_point="train.py:resizing")
tflite_dataset(name="frames", entry_point="data.py:frames")
tflite_model(name="resized", saved_model=":resizing", verify_dataset=":frames")

tf_saved_model(name="limbs", entry_point="train.py:limbs")
tflite_dataset(name="by_position", entry_point="data.py:by_position", include_samples=True)
tflite_dataset(name="by_name", entry_point="data.py:by_name")
tflite_model(
    name="pose",
    saved_model=":limbs",
    quantization="int8",
    calibration=parametrize(position=":by_position", name=":by_name"),
)

tf_saved_model(name="any_batch", entry_point="train.py:any_batch")
tflite_model(name="one", saved_model=":any_batch", input_shapes={"image": [1, 8, 8, 1]})
tflite_model(name="any", saved_model=":any_batch")
tflite_model(name="misfit", saved_model=":any_batch", input_shapes={"image": [1, 9, 8, 1]})
tflite_model(name="negative", saved_model=":any_batch", input_shapes={"image": [0, 8, 8, 1]})

keras_file(name="old", source="keras_2.h5")
tflite_model(name="of_keras_2", saved_model=":old")

tf_saved_model(name="stubborn", entry_point="train.py:stubborn")
"""
TRAIN = """\
import keras
import numpy as np

L = keras.layers


def resizing():
    frame = keras.Input((48, 64, 3), name="frame")
    y = L.BatchNormalization()(L.Conv2D(8, 3)(L.Resizing(32, 32)(frame)))
    y = L.Dense(5, activation="softmax")(L.GlobalAveragePooling2D()(L.ReLU()(y)))
    model = keras.Model(frame, y)
    for layer in model.layers:
        if isinstance(layer, L.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights([gamma, beta, mean + 0.5, variance * 4.0])
    return model


def limbs():
    wrist, ankle = keras.Input((3,), name="wrist"), keras.Input((3,), name="ankle")
    return keras.Model([wrist, ankle], {"pose": wrist - 2.0 * ankle})


def any_batch():
    image = keras.Input((8, 8, 1), name="image")
    return keras.Model(image, L.Dense(2)(L.Flatten()(L.Conv2D(4, 3)(image))))


class Stubborn(keras.Model):
    def __init__(self):
        super().__init__()
        self.normal = L.BatchNormalization(name="normal")

    def call(self, x, training=False):
        return self.normal(x, training=True)


def stubborn():
    model = Stubborn()
    model(np.zeros((2, 3)))
    return model
"""
DATA = """\
import numpy as np


def frames():
    random = np.random.default_rng(0)
    for _ in range(20):
        yield random.uniform(0, 256, (48, 64, 3)).astype("float32")


def by_position():
    for step in range(20):
        yield [np.full(3, step, "float32"), np.full(3, 0.1 * step, "float32")]


def by_name():
    for wrist, ankle in by_position():
        yield {"ankle": ankle, "wrist": wrist}
"""
KERAS_2_FILE = Path(__file__).with_name("keras_2.h5")


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    files = {"m/BUILD": BUILD, "m/data.py": DATA, "m/train.py": TRAIN}
    return new_workspace({**files, "m/keras_2.h5": KERAS_2_FILE.read_bytes()})


@pytest.fixture(scope="module")
def packaged(workspace: Workspace) -> PantsRun:
    """The run that built what is right."""
    models = ("resized", "pose", "one", "any", "of_keras_2")
    return workspace.succeed("package", *(f"m:{name}" for name in models), "m:old", "m:by_position")


def op_names(description: Any) -> set[str]:
    return {op["name"] for op in description["ops"]}


@pytest.mark.usefixtures("packaged")
def test_a_model_with_a_preprocessing_layer_is_in_inference_mode(workspace: Workspace) -> None:
    """In training mode its moving statistics would be variables."""
    names = op_names(workspace.json("m/resized/model.json"))
    assert "SOFTMAX" in names
    assert not {"ASSIGN_VARIABLE", "READ_VARIABLE", "VAR_HANDLE"} & names


@pytest.mark.usefixtures("packaged")
def test_a_list_of_samples_is_in_the_models_own_order(workspace: Workspace) -> None:
    by_position, by_name = (f"m/pose@calibration={name}" for name in ("position", "name"))
    described = workspace.json(f"{by_position}/model.json")
    (signature,) = described["signatures"].values()
    assert described["inputs"] == [signature["inputs"][name] for name in ("wrist", "ankle")]
    hashes = workspace.dist_hashes()
    assert hashes[f"{by_position}/model.tflite"] == hashes[f"{by_name}/model.tflite"]


@pytest.mark.usefixtures("packaged")
def test_an_input_shape_fixes_a_model(workspace: Workspace) -> None:
    fixed, free = (workspace.json(f"m/{name}/model.json") for name in ("one", "any"))
    assert [tensor["shape_signature"] for tensor in fixed["inputs"]] == [[1, 8, 8, 1]]
    assert [tensor["shape_signature"] for tensor in free["inputs"]] == [[None, 8, 8, 1]]
    assert {"PACK", "SHAPE"} <= op_names(free)
    assert not {"PACK", "SHAPE"} & op_names(fixed)


def test_a_file_of_keras_2_is_loaded_by_tf_keras(workspace: Workspace, packaged: PantsRun) -> None:
    assert workspace.json("m/old/export.json")["keras_version"].startswith("2.")
    assert op_names(workspace.json("m/of_keras_2/model.json")) == {"DEPTHWISE_CONV_2D"}
    assert "m:old is a file of Keras 2.4.0, which Keras 3 cannot load" in packaged.stderr


def test_the_ops_of_a_keras_file_and_of_what_it_becomes(workspace: Workspace) -> None:
    text = workspace.succeed("tflite-ops", "--format=json", "m:old", "m:of_keras_2").stdout
    model, file = json.loads(text)
    assert (model["target"], file["target"]) == ("m:of_keras_2", "m:old")
    assert file["tflite_ops"] is None and file["refusal"] is None
    assert file["tensorflow_ops"] == model["tensorflow_ops"]
    assert "DepthwiseConv2dNative" in [op["op"] for op in file["tensorflow_ops"]]
    assert [op["op"] for op in model["tflite_ops"]] == ["DEPTHWISE_CONV_2D"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (
            "misfit",
            "m:misfit, field `input_shapes` = 'image': the input `image` has the shape [?, 8,",
        ),
        (
            "negative",
            "m:negative, field `input_shapes` = 'image': the shape [0, 8, 8, 1] of `image`",
        ),
        (
            "stubborn",
            "m:stubborn, field `entry_point` = 'train.py:stubborn': called for inference, the Keras",
        ),
    ],
)
def test_mistakes(workspace: Workspace, target: str, expected: str) -> None:
    assert expected in workspace.fail("package", f"m:{target}")


@pytest.mark.usefixtures("packaged")
def test_run_takes_a_list_of_samples_in_the_models_own_order(workspace: Workspace) -> None:
    run = workspace.succeed(
        "run",
        "m:pose@calibration=position",
        "--",
        "--input",
        "dist/m/by_position/dataset.npz",
        "--max-samples=20",
    )
    poses = [line for line in run.stdout.splitlines() if line.startswith("pose = ")]
    last = ast.literal_eval(poses[-1].removeprefix("pose = "))
    # 19 - 2 * 1.9; taken the other way around, it would be -36.1.
    assert last[0] == pytest.approx([15.2] * 3, abs=0.5)
