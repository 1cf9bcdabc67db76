# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""SavedModels of fresh processes in other folders, under other hash seeds, byte for byte."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.saved_models import export
from pants_tflite.sandbox.saved_models.export_protocol import ExportRequest

_ROOT = Path(export.__file__).parents[3]
_MODELS = '''
import os
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

random = np.random.default_rng(0)


def trace():
    """Advances the counters that TensorFlow names functions by, as an edit of this file might."""
    for _ in range(int(os.environ["TRACES"])):
        tf.function(lambda x: x + 1)(tf.constant(1.0))


def features():
    image = keras.Input((6, 6, 1), name="image")
    x = keras.layers.Conv2D(3, 3)(image)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Flatten()(keras.layers.ReLU()(x))
    x = keras.layers.Dropout(0.5)(x)
    model = keras.Model(image, keras.layers.Dense(4)(x))
    model.compile("adam", "mse")
    model.fit(random.random((16, 6, 6, 1)), random.random((16, 4)), batch_size=4, verbose=0)
    trace()
    return model


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(5, activation="swish")
        self.outer = keras.layers.Dense(2)

    def call(self, x):
        return self.outer(self.hidden(x))


def subclassed():
    model = Subclassed()
    model.compile("sgd", "mse")
    model.fit(random.random((8, 3)), random.random((8, 2)), verbose=0)
    trace()
    return model


class Coder(tf.Module):
    """Variables that share a name, shape and type, and a table whose vocabulary is a file."""

    def __init__(self):
        self.weights = [tf.Variable(tf.random.normal([3, 2]), name="w") for _ in range(6)]
        self.unused = tf.Variable(1.0)
        Path("vocabulary.txt").write_text("a\\nb\\n")
        initializer = tf.lookup.TextFileInitializer(
            "vocabulary.txt", tf.string, tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER,
        )
        self.table = tf.lookup.StaticVocabularyTable(initializer, 1)

    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def encode(self, x):
        return tf.matmul(x, tf.add_n(self.weights[::2]) - tf.add_n(self.weights[1::2]))

    @tf.function(input_signature=[tf.TensorSpec([None, 2])])
    def decode(self, y):
        return {"x": tf.matmul(y, self.weights[5], transpose_b=True)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def look_up(self, word):
        return self.table.lookup(word)


def module():
    trace()
    return Coder()


def directory():
    features().export("written_by_user", verbose=False)
    return "written_by_user"


def keras_on_top(features):
    image = keras.Input((6, 6, 1))
    layer = keras.layers.TFSMLayer(str(features), call_endpoint="serving_default")
    trace()
    return keras.Model(image, keras.layers.Dense(2)(layer(image)["output_0"]))


class OnTop(tf.Module):
    def __init__(self, features):
        self.features = tf.saved_model.load(str(features))
        self.weights = tf.Variable(tf.random.normal([4, 2]))

    @tf.function(input_signature=[tf.TensorSpec([None, 6, 6, 1])])
    def __call__(self, image):
        return self.features.serve(image) @ self.weights


def module_on_top(features):
    trace()
    return OnTop(features)
'''
_DRIVER = """
import json
import os
from pathlib import Path

from pants_tflite.sandbox.saved_models.export import main
from pants_tflite.sandbox.saved_models.export_protocol import ExportRequest

root = Path.cwd()
for text in json.loads(Path("requests.json").read_text()):
    request = ExportRequest.parse(text)
    folder = root / request.source.entry_point.function
    (folder / "out").mkdir(parents=True)
    os.chdir(folder)
    main(request)
"""
FUNCTIONS = {
    "features": {},
    "subclassed": {},
    "module": {},
    "directory": {},
    "keras_on_top": {"features": "../features/out/saved_model"},
    "module_on_top": {"features": "../features/out/saved_model"},
}


def export_all(folder: Path, *, hash_seed: str, traces: str) -> Path:
    """Exports every model from one process in `folder`."""
    folder.mkdir(parents=True)
    (folder / "models_to_export.py").write_text(_MODELS)
    requests = [
        ExportRequest(
            EntryPointCall(
                EntryPointFunction("models_to_export", function, "models_to_export.py"), inputs
            ),
            seed=3,
            threads=1,
        )
        for function, inputs in FUNCTIONS.items()
    ]
    (folder / "requests.json").write_text(
        json.dumps([request.render().decode() for request in requests])
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": os.pathsep.join([str(_ROOT), str(folder)]),
        "TRACES": traces,
    }
    argv = [sys.executable, "-c", _DRIVER]
    result = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("exports")
    return (
        export_all(root / "one", hash_seed="1", traces="0"),
        export_all(root / "another" / "folder", hash_seed="2", traces="5"),
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_bytes_follow_from_the_model(folders: tuple[Path, Path], function: str) -> None:
    first, second = (contents(folder / function / "out") for folder in folders)
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []
    assert {
        "export.json",
        "saved_model/saved_model.pb",
        "saved_model/variables/variables.index",
    } < set(first)
    assert not [name for name in first if "fingerprint" in name or "debug" in name]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_path_of_the_machine_is_inside(folders: tuple[Path, Path], function: str) -> None:
    for name, data in contents(folders[0] / function / "out").items():
        assert str(folders[0]).encode() not in data, name
        assert b"written_by_user" not in data and b"models_to_export" not in data, name


def test_plain_permissions_and_nothing_left_over(folders: tuple[Path, Path]) -> None:
    out = folders[0] / "module" / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "code_lines.json",
        "export.json",
        "saved_model",
    ]
    saved_model = out / "saved_model"
    assert sorted(path.name for path in saved_model.iterdir()) == [
        "assets",
        "saved_model.pb",
        "variables",
    ]
    for path in [saved_model, *saved_model.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644)


def test_training_is_left_out(folders: tuple[Path, Path]) -> None:
    data = contents(folders[0] / "features" / "out")
    assert b"train_step" not in data["saved_model/saved_model.pb"]
    weights = (3 * 3 * 3 + 3) + 4 * 3 + (4 * 4 * 3 * 4 + 4)
    size = len(data["saved_model/variables/variables.data-00000-of-00001"])
    assert 4 * weights < size < 4 * weights + 4000


def test_signatures_are_described(folders: tuple[Path, Path]) -> None:
    description = json.loads((folders[0] / "module/out/export.json").read_text())
    assert description["format_version"] == 1
    assert sorted(description["signatures"]) == ["decode", "encode", "look_up"]
    assert description["signatures"]["decode"] == {
        "inputs": [{"name": "y", "shape": [None, 2], "dtype": "float32"}],
        "outputs": [{"name": "x", "shape": [None, 3], "dtype": "float32"}],
    }
    assert {"tensorflow_version", "keras_version"} < set(description)
