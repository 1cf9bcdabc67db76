# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants lint` for the ops that runtimes lack: before any training, for each bundle by its own runtime."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable

import pytest

from tests.workspace import Workspace

HERE = Path(__file__).parent
LINT = ("lint", "--only=tflite-op-coverage")
MODEL = """\
import keras


def train():
    raise AssertionError("a lint never trains")


def architecture():
    x = keras.Input((64,), name="x")
    y = keras.layers.Dense(64, activation="gelu", name="hidden")(x)
    return keras.Model(x, keras.layers.Dense(2, name="scores")(y))
"""
BUILD = """\
python_sources()
tf_saved_model(name="model", entry_point="model.py:train", untrained="model.py:architecture")
tflite_model(
    name="tflite",
    saved_model=":model",
    quantization=parametrize("float32", "dynamic_range"),
)
tflite_micro_library(name="library", models=[":tflite@quantization=float32"])
tflite_android_library(
    name="app", models=[":tflite@quantization=float32"], package="org.example.dense"
)
tflite_ios_framework(
    name="ios", models=[":tflite@quantization=dynamic_range"], bundle_id="org.example.dense"
)
"""
FILES_BUILD = """\
tflite_file(name="lacking", source="lacking_ops.tflite")
tflite_file(name="sine", source="sine_int8.tflite")
tflite_micro_library(name="library", models=[":lacking", ":sine"])
tflite_linux_archive(name="archive", models=[":lacking"])
tflite_file(name="ignored", source="lacking_ops.tflite", ignore_tflite_op_coverage=["micro"])
tflite_file(name="skipped", source="lacking_ops.tflite", skip_tflite_op_coverage=True)
tflite_micro_library(name="others", models=[":ignored", ":skipped"])
"""


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    return new_workspace(
        {
            "dense/BUILD": BUILD,
            "dense/model.py": MODEL,
            "files/BUILD": FILES_BUILD,
            "files/lacking_ops.tflite": (HERE / "lacking_ops.tflite").read_bytes(),
            "files/sine_int8.tflite": (HERE / "sine_int8.tflite").read_bytes(),
        }
    )


def findings(text: str) -> list[str]:
    """The findings in what the linter says, each as its target and what is silenced by."""
    return re.findall(r"^(\S+:\S+: [\w-]+): ", text, re.MULTILINE)


def test_the_runtime_of_each_bundle_is_asked_before_any_training(workspace: Workspace) -> None:
    text = workspace.fail(*LINT, "dense:")
    assert findings(text) == [
        "dense:tflite@quantization=dynamic_range: FULLY_CONNECTED",
        "dense:tflite@quantization=float32: GELU",
    ]
    newer, gelu = re.split(r"\n(?=dense:tflite@quantization=float32)", text)
    assert "version '12'" in newer
    assert (
        "tflite_runtime_2_14 (tflite-runtime 2.14.0), for TensorFlow Lite 2.14 in dense:ios"
        in newer
    )
    assert "newer runtime" in newer
    assert re.search(r"GELU in `\S*hidden\S*`, of version 1 with the types float32", gelu)
    assert "Runtime: micro (tflite-micro " in gelu and "for dense:library" in gelu
    assert "tf.sigmoid" in gelu
    assert '`ignore_tflite_op_coverage=["GELU"]` in dense:tflite@quantization=float32' in gelu
    assert "a lint never trains" not in text


def test_files_and_what_is_silenced(workspace: Workspace) -> None:
    text = workspace.fail(*LINT, "files:")
    found = findings(text)
    assert found and {finding.split(": ")[0] for finding in found} == {"files:lacking"}
    assert found == sorted(found)
    assert "for files:library" in text and "files:archive" not in text


def test_a_runtime_that_there_is_not(workspace: Workspace) -> None:
    text = workspace.fail(*LINT, "--tflite-op-coverage-runtimes=tflite_runtime_1_0", "files:sine")
    assert "There is no runtime `tflite_runtime_1_0`" in text
    assert "litert, litert_1_0, litert_1_4, micro, tflite_runtime_2_14" in text
