# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Models that verification must refuse, each for its true reason, and good ones that it must pass."""

from __future__ import annotations

from typing import Callable

import pytest

from tests.workspace import Workspace

BUILD = """\
python_sources()

tf_saved_model(name="detector", entry_point="train.py:detector")
tf_saved_model(name="separate", entry_point="train.py:separate")
tf_saved_model(name="classifier", entry_point="train.py:classifier")
tflite_dataset(name="pictures", entry_point="train.py:pictures")
tflite_dataset(name="dark", entry_point="train.py:dark")
tflite_model(
    name="one_output", saved_model=":detector", quantization="int8", calibration=":pictures"
)
tflite_model(
    name="two_outputs", saved_model=":separate", quantization="int8", calibration=":pictures"
)
tflite_model(
    name="classes",
    saved_model=":classifier",
    quantization=parametrize("float32", "int8"),
    calibration=":pictures",
    verify_samples=60,
)
tflite_model(
    name="scaled_twice",
    saved_model=":classifier",
    quantization="int8",
    calibration=":dark",
    verify_dataset=":pictures",
    verify_samples=60,
)

tf_saved_model(name="smoother", entry_point="train.py:smoother")
tflite_dataset(name="stream", entry_point="train.py:stream", sequence=True)
tflite_model(
    name="smooth", saved_model=":smoother", signatures=["reset", "step"], verify_dataset=":stream"
)

tf_saved_model(name="autoencoder", entry_point="train.py:autoencoder")
tflite_dataset(name="codes", entry_point="train.py:codes")
tflite_model(
    name="coder",
    saved_model=":autoencoder",
    signatures=["decode", "encode"],
    quantization="int8",
    calibration=":codes",
)

tf_saved_model(name="table", entry_point="train.py:table")
tflite_dataset(name="words", entry_point="train.py:words")
tflite_model(name="look_up", saved_model=":table", verify_dataset=":words")
tflite_model(name="no_words", saved_model=":table")
tflite_model(name="skipped", saved_model=":table", skip_verification=["serving_default"])
"""
TRAIN = '''\
import keras
import numpy as np
import tensorflow as tf

layers = keras.layers


def _parts():
    image = keras.Input((8, 8, 1), name="image")
    features = layers.Flatten()(layers.Conv2D(8, 3, activation="relu")(image))
    boxes = layers.Dense(4, activation="sigmoid")(features) * 640.0
    return image, boxes, layers.Dense(3, activation="sigmoid", name="confidence")(features)


def detector():
    image, boxes, confidence = _parts()
    return keras.Model(image, layers.Concatenate(name="detections")([boxes, confidence]))


def separate():
    image, boxes, confidence = _parts()
    return keras.Model(image, {"boxes": boxes, "confidence": confidence})


CLASSES = 200


def _pictures(count):
    """Pictures of classes, each a pattern of its own in some noise."""
    patterns = np.random.default_rng(3).random((CLASSES, 8, 8, 1), dtype=np.float32)
    random = np.random.default_rng(4)
    for index in range(count):
        noise = random.normal(0, 0.05, (8, 8, 1)).astype(np.float32)
        label = index * 7 % CLASSES
        yield np.clip(patterns[label] + noise, 0, 1), np.int32(label)


def pictures():
    return _pictures(100)


def dark():
    """Calibrated by mistake with what was scaled once too often."""
    for image, label in _pictures(100):
        yield image * np.float32(1 / 255), label


class Classifier(tf.Module):
    """The nearest pattern wins, as after a training that went well."""

    def __init__(self):
        super().__init__()
        patterns = np.random.default_rng(3).random((CLASSES, 64), dtype=np.float32)
        self.weights = tf.Variable(patterns.T)
        self.bias = tf.Variable(-0.5 * (patterns**2).sum(axis=1))

    @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 1], tf.float32, "image")])
    def __call__(self, image):
        near = tf.reshape(image, [-1, 64]) @ self.weights + self.bias
        return {"scores": tf.nn.softmax(8.0 * near)}


def classifier():
    return Classifier()


def stream():
    yield from np.random.default_rng(5).normal(size=(6, 5, 4)).astype("float32")


class Smoother(tf.Module):
    def __init__(self):
        super().__init__()
        self.state = tf.Variable(tf.ones([4]))

    @tf.function(input_signature=[tf.TensorSpec([4], tf.float32, "x")])
    def step(self, x):
        self.state.assign(0.9 * self.state + 0.1 * x)
        return {"y": self.state.read_value()}

    @tf.function(input_signature=[])
    def reset(self):
        self.state.assign(tf.zeros([4]))
        return {"done": tf.constant(1)}


def smoother():
    return Smoother()


class Autoencoder(tf.Module):
    def __init__(self):
        super().__init__()
        random = np.random.default_rng(0)
        self.weights = tf.Variable(random.normal(0, 0.1, (64, 16)).astype("float32"))

    @tf.function(input_signature=[tf.TensorSpec([1, 64], tf.float32, "image")])
    def encode(self, image):
        return {"code": tf.nn.tanh(image @ self.weights)}

    @tf.function(input_signature=[tf.TensorSpec([1, 16], tf.float32, "code")])
    def decode(self, code):
        return {"image": code @ tf.transpose(self.weights)}


def autoencoder():
    return Autoencoder()


def codes():
    random = np.random.default_rng(1)
    for _ in range(50):
        image = random.normal(size=64).astype("float32")
        yield {"image": image, "code": random.uniform(-1, 1, 16).astype("float32")}


class Table(tf.Module):
    def __init__(self):
        super().__init__()
        words, numbers = tf.constant(["on", "off"]), tf.constant([1, 2], tf.int64)
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(words, numbers), -1
        )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "word")])
    def __call__(self, word):
        return {"number": self.table.lookup(word)}


def table():
    return Table()


def words():
    yield from ("on", "off", "what?")
'''
FILES = {"m/BUILD": BUILD, "m/train.py": TRAIN}
GOOD = (
    "two_outputs",
    "classes@quantization=float32",
    "classes@quantization=int8",
    "smooth",
    "coder",
    "look_up",
    "skipped",
)


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    workspace.succeed("package", *(f"m:{name}" for name in GOOD))
    return workspace


@pytest.mark.parametrize(
    ("name", "field", "message", "fix"),
    [
        (
            "one_output",
            "quantization",
            "the error of its channel ",
            "yield it as an output of its own",
        ),
        ("scaled_twice", "quantization", "the output `scores`", "scaled as in training"),
        ("no_words", "verify_dataset", "of type text", "Name a `tflite_dataset`"),
    ],
)
def test_a_wrong_model_is_refused_for_its_reason(
    workspace: Workspace, name: str, field: str, message: str, fix: str
) -> None:
    text = workspace.fail("package", f"m:{name}")
    assert f"m:{name}, field `{field}`" in text
    assert message in text
    assert fix in text


def verification(workspace: Workspace, name: str) -> dict:
    found: dict = workspace.json(f"m/{name}/model.json")["verification"]
    return found


def test_decisions_and_accuracy_are_in_model_json(workspace: Workspace) -> None:
    (output,) = verification(workspace, "classes@quantization=int8")["outputs"]
    assert output["measure"] == "relative_rms"
    assert output["decisions"]["count"] == 60 and output["decisions"]["firm"] > 40
    assert output["decisions"]["differing"] == 0
    assert output["accuracy"]["saved_model"] == 60
    assert output["accuracy"]["model"] >= 58
    assert output["channel"]["error"] < 1


def test_two_outputs_have_scales_of_their_own(workspace: Workspace) -> None:
    outputs = verification(workspace, "two_outputs")["outputs"]
    assert [output["channel"]["error"] < 0.5 for output in outputs] == [True, True]


def test_a_state_is_told_and_a_stream_verified(workspace: Workspace) -> None:
    smooth = verification(workspace, "smooth")
    assert smooth["keeps_state"] is True
    assert smooth["samples"]["sequences"] is True
    assert [output["signature"] for output in smooth["outputs"]] == ["reset", "step"]
    assert "keeps_state" not in verification(workspace, "coder")


def test_signatures_have_their_own_samples(workspace: Workspace) -> None:
    coder = verification(workspace, "coder")
    assert "made_up" not in coder["samples"]
    assert [output["signature"] for output in coder["outputs"]] == ["decode", "encode"]


def test_text_is_verified_unless_it_is_skipped(workspace: Workspace) -> None:
    assert verification(workspace, "look_up")["outputs"][0]["error"] == 0
    skipped = verification(workspace, "skipped")
    assert skipped["skipped"] == ["serving_default"]
    assert skipped["not_run"] == "`skip_verification` leaves none of its signatures."
    run = workspace.succeed("run", "m:look_up", "--", "--input", '["off"]')
    assert "number = [2]" in run.stdout
