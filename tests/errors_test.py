# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Mistakes that a process finds: each is named with the target, and leaves `dist/` as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from tests.workspace import Workspace

TRAIN = """\
import keras
import tensorflow as tf

not_a_function = 1


def raises():
    raise ValueError("no such luck")


def returns_nothing():
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def dense():
    return keras.Sequential([keras.Input((2,), name="x"), keras.layers.Dense(1, name="y")])


class Unsupported(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32, name="x")])
    def __call__(self, x):
        return {"y": tf.math.erfinv(x)}


def unsupported():
    return Unsupported()
"""
DATA = """\
import numpy as np


def empty():
    return iter(())


def ragged():
    yield np.zeros(2, np.float32)
    yield np.zeros(3, np.float32)


def of_three():
    for index in range(4):
        yield np.full(3, index, np.float32)


_once = iter([np.zeros(2, np.float32)])
list(_once)


def exhausted():
    return _once
"""
ENTRY_POINTS = ("raises", "returns_nothing", "dense", "unsupported", "not_a_function", "missing")
DATASETS = ("empty", "ragged", "of_three", "exhausted")
BUILD = "python_sources()\n" + "".join(
    [
        *(
            f'tf_saved_model(name="{name}", entry_point="train.py:{name}")\n'
            for name in ENTRY_POINTS
        ),
        *(f'tflite_dataset(name="{name}", entry_point="data.py:{name}")\n' for name in DATASETS),
        """\
tflite_model(name="of_unsupported", saved_model=":unsupported")
tflite_model(name="misfit", saved_model=":dense", quantization="int8", calibration=":of_three")
tflite_file(name="corrupt", source="corrupt.tflite")
tf_saved_model_files(name="corrupt_saved_model", sources=["corrupt/**"])
tf_saved_model_files(name="no_saved_model", sources=["data.py"])
keras_file(name="corrupt_keras", source="corrupt.keras")
""",
    ]
)
FILES = {
    "m/BUILD": BUILD,
    "m/corrupt.keras": "not a zip",
    "m/corrupt.tflite": b"\x1c\x00\x00\x00TFL3" + b"\xff" * 64,
    "m/corrupt/saved_model.pb": b"\x08\x01\x12\xff\xff",
    "m/data.py": DATA,
    "m/train.py": TRAIN,
}


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    return new_workspace(FILES)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("missing", ["field `entry_point` = 'train.py:missing'", "has no function `missing`"]),
        ("not_a_function", ["field `entry_point`", "is not a function but of type `int`"]),
        ("raises", ["field `entry_point`", "ValueError: no such luck", "in raises\n"]),
        ("returns_nothing", ["field `entry_point`", "None"]),
        (
            "of_unsupported",
            [
                "TensorFlow Lite has no op `Erfinv` (in `erfinv`)",
                "`custom_ops=['Erfinv']`",
            ],
        ),
        ("misfit", ["field `calibration`", "[3]"]),
        ("empty", ["field `entry_point`", "yielded"]),
        ("exhausted", ["field `entry_point`", "yielded"]),
        ("ragged", ["field `entry_point`", "sample"]),
        ("corrupt", ["field `source`"]),
        ("corrupt_saved_model", ["field `source"]),
        ("no_saved_model", ["field `sources` = 'data.py'", "found none"]),
        ("corrupt_keras", ["field `source`"]),
    ],
)
def test_mistake(workspace: Workspace, target: str, expected: list[str]) -> None:
    text = workspace.fail("package", f"m:{target}")
    assert f"m:{target}" in text
    assert "Fix: " in text
    for part in expected:
        assert part in text


def test_a_tolerance_that_int8_cannot_hold(workspace: Workspace) -> None:
    workspace.write(
        {
            "t/BUILD": """\
python_sources()
tflite_dataset(name="samples", entry_point="data.py:samples")
tflite_model(
    name="model",
    saved_model="m:dense",
    quantization="int8",
    calibration=":samples",
    verify_tolerance=1e-6,
)
""",
            "t/data.py": """\
import numpy as np


def samples():
    yield from np.random.default_rng(0).random((20, 2), dtype=np.float32)
""",
        }
    )
    text = workspace.fail("package", "t:model")
    assert "t:model, field `verify_tolerance`" in text
    assert "output_0" in text
    assert "Fix: " in text


def test_missing_interpreter(workspace: Workspace) -> None:
    text = workspace.fail(
        "--python-interpreter-constraints=['CPython==3.11.99']",
        "package",
        "m:dense",
    )
    assert "needs an interpreter that is CPython==3.11.99, and none was found" in text
    # A version that this repository takes is not the one to install.
    assert "Fix: install one (with `uv python install`" in text and "3.11`" not in text


@pytest.mark.parametrize("target", ["package", "run"])
def test_a_model_that_aborts_the_interpreter(workspace: Workspace, target: str) -> None:
    # Made by `aborting_model` in pants_tflite.sandbox.testing.small_models.
    aborting = Path(__file__).with_name("aborting.tflite").read_bytes()
    workspace.write(
        {
            "a/BUILD": 'tflite_file(name="model", source="model.tflite")\n',
            "a/model.tflite": aborting,
        }
    )
    text = workspace.fail(target, "a:model")
    assert "a:model: Verify the model a:model was killed by SIGABRT" in text
