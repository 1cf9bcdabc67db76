# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import importlib.util
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.outside_use_protocol import OutsideUse
from pants_tflite.sandbox.saved_models import export
from pants_tflite.sandbox.saved_models.export_protocol import ExportRequest, KerasFile
from pants_tflite.sandbox.saved_models.keras_files import check_keras_file, load_keras_file
from pants_tflite.sandbox.saved_models.tensorflow_runtime import start_tensorflow

SHARED_MODELS = os.environ.get("PANTS_TFLITE_SHARED_MODELS")
HAS_TF_KERAS = importlib.util.find_spec("tf_keras") is not None
SUFFIXES = (".keras", ".h5", ".hdf5")


@pytest.fixture(scope="module")
def keras() -> Any:
    start_tensorflow(threads=1)
    import keras

    return keras


@pytest.fixture(scope="module")
def model(keras: Any) -> Any:
    image = keras.Input((3,), name="image")
    return keras.Model(image, keras.layers.Dense(2, kernel_initializer="ones")(image))


def export_file(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(folder)
    Path("out").mkdir()
    export.main(ExportRequest(KerasFile(name, allow_code=False), seed=0, threads=1))
    return json.loads(Path("out/export.json").read_text())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_file_becomes_a_saved_model(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    import tensorflow as tf

    model.save(tmp_path / f"model{suffix}")
    description = export_file(tmp_path, f"model{suffix}", monkeypatch)
    assert description["signatures"]["serving_default"]["inputs"] == [
        {"name": "image", "shape": [None, 3], "dtype": "float32"}
    ]
    signature = tf.saved_model.load("out/saved_model").signatures["serving_default"]
    outputs = signature(image=tf.constant([[1.0, 2.0, 3.0]]))
    assert outputs["output_0"].numpy().tolist() == [[6, 6]]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("damage", ["cut", "junk", "empty"])
def test_corrupt_file(model: Any, tmp_path: Path, suffix: str, damage: str) -> None:
    path = tmp_path / f"model{suffix}"
    model.save(path)
    data = path.read_bytes()
    path.write_bytes({"cut": data[: len(data) // 2], "junk": b"hello", "empty": b""}[damage])
    with pytest.raises(Mistake, match=f"`model{suffix}` is not a whole {suffix} file") as caught:
        load_keras_file(path)
    assert (caught.value.field, caught.value.value) == ("source", path.name)


def test_archive_with_a_flipped_bit(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    model.save(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(Mistake, match="not a whole .keras file: Bad CRC-32"):
        load_keras_file(path)


@pytest.mark.parametrize(
    ("name", "message"), [("model.pb", "no Keras file by its name"), ("no.h5", "there is no file")]
)
def test_wrong_name(keras: Any, tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "model.pb").write_bytes(b"")
    with pytest.raises(Mistake, match=message) as caught:
        load_keras_file(tmp_path / name)
    assert caught.value.field == "source"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_custom_object(keras: Any, tmp_path: Path, suffix: str) -> None:
    class Doubling(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x * 2

    image = keras.Input((3,))
    keras.Model(image, Doubling()(image)).save(tmp_path / f"model{suffix}")
    with pytest.raises(Mistake, match="needs the custom object `Doubling`") as caught:
        load_keras_file(tmp_path / f"model{suffix}")
    assert "custom_objects" in caught.value.fix
    assert caught.value.detail


def test_weights_without_a_model(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.weights.h5"
    model.save_weights(path)
    with pytest.raises(Mistake, match="holds weights but no model") as caught:
        load_keras_file(path)
    assert "`model.save(…)`" in caught.value.fix


def model_with_code(keras: Any, depth: int) -> Any:
    """A model with a Lambda layer, in a model within as many models as `depth` says."""
    layers = keras.layers
    layer: Any = layers.Lambda(lambda x: x * 2, name="twice")
    for _ in range(depth):
        layer = keras.Sequential([layers.Input((4, 3)), layers.Dense(3), layer])
    sequence = layers.Input((5, 4, 3))
    return keras.Model(sequence, layers.TimeDistributed(layer)(sequence))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_code_in_a_file_runs_only_if_it_may(
    keras: Any, tmp_path: Path, suffix: str, depth: int
) -> None:
    path = tmp_path / f"model{suffix}"
    model = model_with_code(keras, depth)
    model.save(path)
    with pytest.raises(Mistake, match=f"`model{suffix}` holds code, .* in .*twice") as caught:
        load_keras_file(path)
    assert "`allow_code=True`" in caught.value.fix
    sample = np.ones((1, 5, 4, 3), "float32")
    loaded = load_keras_file(path, allow_code=True)
    assert np.array_equal(loaded.predict(sample, verbose=0), model.predict(sample, verbose=0))


def _write_config(path: Path, layer: Any, version: Any = "3.15.1") -> None:
    """A `.keras` file that somebody wrote by hand."""
    model = {"class_name": "Sequential", "config": {"name": "m", "layers": [layer]}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(model))
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("model.weights.h5", "")


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            {"module": "os", "class_name": "system", "config": {}},
            "needs the custom object `system`",
        ),
        ({"module": "builtins", "class_name": "eval", "config": {}}, "needs the custom object"),
        ({"module": "os", "class_name": "function", "config": "system"}, "holds code"),
        ({"module": "keras.utils", "class_name": "function", "config": "get_file"}, "holds code"),
        ({"module": "keras.layers", "class_name": "TorchModuleWrapper"}, "holds code"),
        ({"class_name": "Lambda", "config": {"name": "\ud800"}}, "holds code"),
    ],
)
def test_what_a_keras_of_any_version_may_run(tmp_path: Path, layer: Any, message: str) -> None:
    """Some versions call whatever function a file names."""
    _write_config(tmp_path / "model.keras", layer)
    with pytest.raises(Mistake, match=message) as caught:
        check_keras_file(tmp_path / "model.keras", allow_code=False)
    assert caught.value.to_report().render()
    check_keras_file(tmp_path / "model.keras", allow_code=True)


def test_a_function_that_keras_finds_by_its_name(tmp_path: Path) -> None:
    layer = {"module": "builtins", "class_name": "function", "config": "relu"}
    _write_config(
        tmp_path / "model.keras", {"class_name": "Dense", "config": {"activation": layer}}
    )
    check_keras_file(tmp_path / "model.keras", allow_code=False)


def test_how_a_model_was_trained_does_not_matter(keras: Any, tmp_path: Path) -> None:
    class Distance(keras.losses.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return y_true - y_pred

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(loss=Distance())
    model.save(tmp_path / "model.keras")
    assert load_keras_file(tmp_path / "model.keras").output_shape == (None, 2)


@pytest.mark.parametrize("version", [5, [], None])
def test_a_version_that_is_none(tmp_path: Path, version: Any) -> None:
    _write_config(tmp_path / "model.keras", {"class_name": "Dense"}, version)
    assert check_keras_file(tmp_path / "model.keras", allow_code=False).is_legacy


def test_what_code_in_a_file_reads_outside_of_its_sandbox_is_told(
    keras: Any,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret.txt"
    secret.write_text("2.0")
    text = str(secret)
    image = keras.Input((3,))
    layer = keras.layers.Lambda(lambda x: x * float(open(text).read()), output_shape=(3,))
    keras.Model(image, layer(image)).save(tmp_path / "model.keras")
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    export.main(ExportRequest(KerasFile("model.keras", allow_code=True), seed=0, threads=1))
    told = OutsideUse.parse(Path("out", OutsideUse.FILE).read_bytes())
    assert told == OutsideUse((text,), ())
    assert json.loads(Path("out/export.json").read_text())["outside"] == ["files"]


@pytest.mark.skipif(not HAS_TF_KERAS, reason="tf_keras is not installed")
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("depth", [0, 1])
def test_code_in_a_file_of_keras_2_runs_only_if_it_may(
    keras: Any, tmp_path: Path, suffix: str, depth: int
) -> None:
    """By itself, tf_keras runs the code in an `.h5` file, whatever `safe_mode` says."""
    import tf_keras  # pants: no-infer-dep

    path = tmp_path / f"model{suffix}"
    model_with_code(tf_keras, depth).save(path)
    with pytest.raises(Mistake, match="holds code, .*twice"):
        load_keras_file(path)
    assert load_keras_file(path, allow_code=True)(np.ones((1, 5, 4, 3))).shape == (1, 5, 4, 3)


def legacy_config() -> dict[str, Any]:
    """What Keras 2 writes of a depthwise convolution: Keras 3 has no `groups` in it."""
    return {
        "class_name": "Sequential",
        "config": {
            "name": "old",
            "layers": [
                {
                    "class_name": "InputLayer",
                    "config": {
                        "batch_input_shape": [None, 4, 4, 2],
                        "dtype": "float32",
                        "name": "image",
                        "ragged": False,
                        "sparse": False,
                    },
                },
                {
                    "class_name": "DepthwiseConv2D",
                    "config": {
                        "name": "depthwise",
                        "kernel_size": [3, 3],
                        "groups": 1,
                        "depth_multiplier": 1,
                        "use_bias": False,
                    },
                },
            ],
        },
    }


def write_legacy_file(path: Path, keras_version: str = "2.4.0") -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = keras_version
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = json.dumps(legacy_config())
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = ["depthwise"]
        layer = weights.create_group("depthwise")
        layer.attrs["weight_names"] = ["depthwise/kernel:0"]
        layer["depthwise/kernel:0"] = np.arange(18, dtype="float32").reshape(3, 3, 2, 1)


@pytest.mark.skipif(HAS_TF_KERAS, reason="tf_keras is installed")
def test_a_file_that_only_keras_2_loads_is_reported(
    keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_legacy_file(tmp_path / "model.h5")
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    source = KerasFile("model.h5", allow_code=False)
    export.main(ExportRequest(source, seed=0, threads=1))
    assert [path.name for path in Path("out").iterdir()] == ["legacy_keras.json"]
    report = json.loads(Path("out/legacy_keras.json").read_text())
    assert report["keras_version"] == "2.4.0"
    assert "groups" in report["reason"]


@pytest.mark.skipif(not HAS_TF_KERAS, reason="tf_keras is not installed")
def test_tf_keras_loads_a_file_that_only_keras_2_does(
    keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf
    import tf_keras  # pants: no-infer-dep

    write_legacy_file(tmp_path / "model.h5")
    description = export_file(tmp_path, "model.h5", monkeypatch)
    assert description["keras_version"] == tf_keras.__version__
    assert description["predict_batches"] == [1, 3]
    signature = tf.saved_model.load("out/saved_model").signatures["serving_default"]
    (output,) = signature(image=tf.ones((1, 4, 4, 2))).values()
    assert output.numpy()[0, 0, 0].tolist() == [72, 81]


def test_a_file_of_keras_3_never_needs_keras_2(keras: Any, tmp_path: Path) -> None:
    write_legacy_file(tmp_path / "model.h5", keras_version="3.15.1")
    with pytest.raises(Mistake, match="Keras cannot load `model.h5`: .*groups") as caught:
        load_keras_file(tmp_path / "model.h5")
    assert "Save the model again" in caught.value.fix


@pytest.mark.skipif(not HAS_TF_KERAS, reason="tf_keras is not installed")
def test_custom_object_of_keras_2(keras: Any, tmp_path: Path) -> None:
    import tf_keras  # pants: no-infer-dep

    class Doubling(tf_keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x * 2

    image = tf_keras.layers.Input((4, 4, 2))
    output = Doubling()(tf_keras.layers.DepthwiseConv2D(3)(image))
    tf_keras.Model(image, output).save(tmp_path / "model.h5")
    with pytest.raises(Mistake, match="needs the custom object `Doubling`"):
        load_keras_file(tmp_path / "model.h5")


def test_unbuilt_model_blames_the_file(
    keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keras.Sequential([keras.layers.Dense(2)]).save(tmp_path / "model.keras")
    with pytest.raises(Mistake, match="never built") as caught:
        export_file(tmp_path, "model.keras", monkeypatch)
    assert (caught.value.field, caught.value.value) == ("source", "model.keras")


@pytest.mark.skipif(SHARED_MODELS is None, reason="PANTS_TFLITE_SHARED_MODELS names no folder")
def test_published_file(keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    (tmp_path / "resnet.h5").symlink_to(Path(SHARED_MODELS or "") / "ic/pretrainedResnet.h5")
    description = export_file(tmp_path, "resnet.h5", monkeypatch)
    (image,) = description["signatures"]["serving_default"]["inputs"]
    assert image == {"name": "input_1", "shape": [None, 32, 32, 3], "dtype": "float32"}
    signature = tf.saved_model.load("out/saved_model").signatures["serving_default"]
    scores = signature(input_1=tf.constant(np.zeros((2, 32, 32, 3), "float32")))["output_0"]
    assert scores.numpy().sum(axis=1) == pytest.approx([1, 1])
