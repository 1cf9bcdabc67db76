# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Models that TensorFlow Lite takes only in part: from their code to `dist/`, or to an error."""

from __future__ import annotations

from typing import Callable

import pytest

from tests.workspace import Workspace

TRAIN = """\
import keras
import numpy as np
import tensorflow as tf

L = keras.layers


class Whiten(L.Layer):
    def call(self, x):
        covariance = tf.matmul(x, x, transpose_a=True) / 8.0 + tf.eye(4)
        return tf.matmul(x, tf.linalg.inv(covariance))


class Aware(tf.Module):
    def __init__(self):
        super().__init__()
        values = np.random.default_rng(0).uniform(-0.5, 0.5, (16, 4))
        self.weights = tf.Variable(values.astype("float32"))

    @tf.function(input_signature=[tf.TensorSpec((None, 16), tf.float32, name="x")])
    def __call__(self, x):
        quantize = tf.quantization.fake_quant_with_min_max_args
        weights = quantize(self.weights, -0.5, 0.5, narrow_range=True)
        return {"y": quantize(quantize(x, -4, 4) @ weights, -6, 6)}


def whiten():
    x = keras.Input((8, 4), name="x")
    return keras.Model(x, L.Dense(2, name="y")(Whiten(name="whiten")(x)), name="net")


def normalized():
    x = keras.Input((16,), name="x")
    y = L.LayerNormalization(name="norm")(L.Dense(16, name="first")(x))
    return keras.Model(x, L.Dense(3, name="y")(y), name="net")


def loop():
    x = keras.Input(batch_shape=(1, 10, 16), name="x")
    return keras.Model(x, L.GRU(8, name="memory")(x), name="net")


def aware():
    return Aware()


def rows():
    random = np.random.default_rng(0)
    for _ in range(20):
        yield random.normal(size=16).astype("float32")


def sequences():
    random = np.random.default_rng(0)
    for _ in range(5):
        yield random.normal(size=(10, 16)).astype("float32")
"""
NAMES = ("whiten", "normalized", "loop", "aware")
BUILD = "python_sources()\n" + "".join(
    [
        *(f'tf_saved_model(name="{n}", entry_point="train.py:{n}")\n' for n in NAMES),
        *(
            f'tflite_dataset(name="{n}", entry_point="train.py:{n}")\n'
            for n in ("rows", "sequences")
        ),
        """\
tflite_model(name="flex", saved_model=":whiten", select_tf_ops=["MatrixInverse"])
tflite_model(name="no_flex", saved_model=":whiten")
tflite_android_library(name="android", models=[":flex"], package="org.example.flex")
tflite_ios_framework(name="ios", models=[":flex"], bundle_id="org.example.Flex")
tflite_linux_archive(name="linux", models=[":flex"])
tflite_micro_library(name="micro", models=[":flex"])

tflite_quantization(name="mostly_int8", mode="int8", float_fallback=True)
tflite_quantization(name="too_few", mode="int8", float_fallback=True, max_float_ops=0)
tflite_quantization(name="ai_edge", mode="int8", float_fallback=True, engine="ai_edge")
tflite_quantization(name="qat", mode="int8", quantization_aware=True)
tflite_model(
    name="norm",
    saved_model=":normalized",
    quantization=parametrize(
        "int8", mostly=":mostly_int8", too_few=":too_few", ai_edge=":ai_edge"
    ),
    calibration=":rows",
)
tflite_model(name="looped", saved_model=":loop", quantization="int8", calibration=":sequences")
tflite_model(name="qat_model", saved_model=":aware", quantization=":qat")
""",
    ]
)


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    return new_workspace({"m/BUILD": BUILD, "m/train.py": TRAIN})


def test_bundles_whose_runtime_has_no_kernels_of_tensorflow_refuse_before_anything_is_trained(
    workspace: Workspace,
) -> None:
    for target, why in (
        ("linux", "whose package has no kernels of TensorFlow"),
        ("micro", "TensorFlow Lite Micro cannot have TensorFlow's kernels"),
    ):
        text = workspace.fail("package", f"m:{target}")
        assert f"m:{target}, field `models`: m:flex takes ops from TensorFlow itself" in text
        assert why in text and "Train and export" not in text


def test_a_model_with_ops_of_tensorflow_packages_for_android_and_ios(workspace: Workspace) -> None:
    workspace.succeed("package", "m:flex", "m:android", "m:ios")
    model = workspace.json("m/flex/model.json")
    assert (model["select_tf_ops"], model["custom_ops"]) == (["MatrixInverse"], [])
    assert "FlexMatrixInverse" in [op["name"] for op in model["ops"]]
    assert model["verification"]["not_run"] is None
    assert model["verification"]["outputs"][0]["error"] < 1e-5
    dist = workspace.folder / "dist" / "m"
    (pom,) = (dist / "android" / "maven").rglob("*.pom")
    assert "<artifactId>tensorflow-lite-select-tf-ops</artifactId>" in pom.read_text()
    assert 'pod "TensorFlowLiteSelectTfOps"' in (dist / "ios" / "README.md").read_text()
    for bundle in ("android", "ios"):
        (entry,) = workspace.json(f"m/{bundle}/manifest.json")["models"]
        assert entry["select_tf_ops"] == ["MatrixInverse"]


def test_a_model_with_ops_of_tensorflow_predicts(workspace: Workspace) -> None:
    values = [[[float(row == column) for column in range(4)] for row in range(8)]]
    run = workspace.succeed("run", "m:flex", "--", "--input", str(values))
    assert "y" in run.stdout and "nan" not in run.stdout


def test_without_the_field_the_error_names_the_op_its_layer_and_the_ways_out(
    workspace: Workspace,
) -> None:
    text = workspace.fail("package", "m:no_flex")
    assert "TensorFlow Lite has no op `MatrixInverse` (in `net_1/whiten_1`)" in text
    assert "select_tf_ops=['MatrixInverse']" in text and "custom_ops=['MatrixInverse']" in text
    # After the converter's own long message.
    assert text.index("ConverterError") < text.index("Fix: ")


def test_int8_with_parts_in_floats(workspace: Workspace) -> None:
    workspace.succeed("package", "m:norm@quantization=mostly", "m:norm@quantization=ai_edge")
    for name in ("mostly", "ai_edge"):
        model = workspace.json(f"m/norm@quantization={name}/model.json")
        float_ops = model["verification"]["float_ops"]
        assert float_ops and {op["layer"].split("/")[1] for op in float_ops} == {"norm_1"}
        assert model["quantization"]["float_fallback"] is True


def test_int8_with_parts_in_floats_is_an_error_unless_allowed(workspace: Workspace) -> None:
    text = workspace.fail("package", "m:norm@quantization=int8")
    assert "the model is not int8 throughout" in text and "net_1/norm_1" in text
    assert "float_fallback=True" in text
    text = workspace.fail("package", "m:norm@quantization=too_few")
    assert "field `max_float_ops` = '0'" in text and "net_1/norm_1" in text


def test_a_model_that_knows_its_ranges_needs_no_samples(workspace: Workspace) -> None:
    workspace.succeed("package", "m:qat_model")
    model = workspace.json("m/qat_model/model.json")
    assert model["calibration"] is None and model["tensor_dtypes"]["int8"] >= 3


def test_a_loop_that_kills_the_converter(workspace: Workspace) -> None:
    text = workspace.fail("package", "m:looped")
    assert "m:looped, field `quantization` = 'int8': TensorFlow's converter crashes" in text
    assert "in `net_1/memory_1`" in text and "was killed by SIG" in text
    assert "unroll=True" in text[text.index("Fix: ") :]
