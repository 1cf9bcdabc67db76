# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Inputs have the shapes that the user chose, in the model's code or for its conversion."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from pants_tflite.sandbox.conversion import convert
from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models import export, fix_shapes
from pants_tflite.sandbox.saved_models.export_protocol import ExportRequest, KerasFile
from pants_tflite.sandbox.saved_models.fix_shapes_protocol import FixShapesRequest
from pants_tflite.sandbox.testing.convert_requests import convert_request
from pants_tflite.sandbox.tflite.model_reader import read_model

# What computes a size at run time.
SIZE_OPS = {"SHAPE", "PACK"}
_numbers = itertools.count()
Export = Callable[[str], list[Any]]
Fix = Callable[..., Any]


@pytest.fixture
def export_model(tf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Export:
    """Exports what a function of this module returns to `source/`; yields the shapes of its inputs."""

    def export_model(make: str) -> list[Any]:
        module = f"shapes_module_{next(_numbers)}"
        (tmp_path / f"{module}.py").write_text(f"from {__name__} import {make} as export\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.chdir(tmp_path)
        Path("out").mkdir()
        function = EntryPointFunction(module, "export", f"{module}.py")
        export.main(ExportRequest(EntryPointCall(function, {}), seed=0, threads=1))
        Path("out").rename("source")
        return input_shapes("source")

    return export_model


@pytest.fixture
def fix() -> Fix:
    """Fixes shapes of the exported model; yields the new shapes of its inputs."""

    def fix(shapes: Mapping[str, Sequence[Any]], signatures: Sequence[str] = ()) -> list[Any]:
        Path("out").mkdir(exist_ok=True)
        fix_shapes.main(
            FixShapesRequest(
                saved_model="source/saved_model",
                signatures=tuple(signatures),
                shapes={name: tuple(shape) for name, shape in shapes.items()},
                seed=0,
                threads=1,
            )
        )
        return input_shapes("out")

    return fix


def input_shapes(folder: str) -> list[Any]:
    report = json.loads(Path(folder, "export.json").read_text())
    return [
        info["shape"] for signature in report["signatures"].values() for info in signature["inputs"]
    ]


def converted_ops(folder: str) -> set[str]:
    Path("out").mkdir(exist_ok=True)
    convert.main(convert_request(f"{folder}/saved_model"))
    model = read_model(Path("out/model.tflite"))
    return {op.code.name for graph in model.subgraphs for op in graph.ops}


def convolutional(image: Any) -> Any:
    import keras

    layers = keras.layers
    return keras.Sequential([image, layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(2)])


def convolutional_of_one() -> Any:
    import keras

    return convolutional(keras.Input(batch_shape=(1, 8, 8, 1), name="image"))


def convolutional_of_any() -> Any:
    import keras

    return convolutional(keras.Input((8, 8, 1), name="image"))


def recurrent_of_one() -> Any:
    import keras

    layers = keras.layers
    return keras.Sequential([keras.Input(batch_shape=(1, 12, 6)), layers.LSTM(16), layers.Dense(3)])


def recurrent_of_any() -> Any:
    import keras

    layers = keras.layers
    return keras.Sequential([keras.Input((12, 6), name="x"), layers.LSTM(16), layers.Dense(3)])


def sequential_of_eight() -> Any:
    import keras

    return keras.Sequential([keras.Input(batch_shape=(8, 3)), keras.layers.Dense(2)])


def sequential_without_input() -> Any:
    import keras

    model = keras.Sequential([keras.layers.Dense(2)])
    model(np.zeros((4, 3)))
    return model


def stateful_sequential() -> Any:
    import keras

    layers = keras.layers
    return keras.Sequential([keras.Input(batch_shape=(2, 1, 5)), layers.GRU(8, stateful=True)])


def fully_convolutional() -> Any:
    import keras

    layers = keras.layers
    image = keras.Input((None, None, 3), name="image")
    return keras.Model(image, layers.UpSampling2D(2)(layers.Conv2D(2, 3, padding="same")(image)))


def normalized_of_any() -> Any:
    import keras

    layers = keras.layers
    x = keras.Input((12,), name="x")
    y = layers.Dropout(0.5)(layers.BatchNormalization()(layers.Dense(4)(x)))
    return keras.Model(x, layers.Reshape((2, 2))(y))


def stateful_module() -> Any:
    import tensorflow as tf

    class Smoother(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mean = tf.Variable(tf.zeros((3,)), trainable=False)

        @tf.function(input_signature=[tf.TensorSpec((None, 3), name="row")])
        def smooth(self, row: Any) -> Any:
            self.mean.assign(0.5 * self.mean + 0.5 * row[0])
            return {"mean": self.mean.read_value()}

    return Smoother()


def two_signatures() -> Any:
    import tensorflow as tf

    class Coder(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = tf.Variable(tf.ones((3, 2)))

        @tf.function(input_signature=[tf.TensorSpec((None, 3), name="row")])
        def encode(self, row: Any) -> Any:
            return {"code": row @ self.w}

        @tf.function(input_signature=[tf.TensorSpec((None, 2), name="code")])
        def decode(self, code: Any) -> Any:
            return {"row": tf.matmul(code, self.w, transpose_b=True)}

    return Coder()


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        ("convolutional_of_one", [1, 8, 8, 1]),
        ("recurrent_of_one", [1, 12, 6]),
        ("sequential_of_eight", [8, 3]),
        ("sequential_without_input", [None, 3]),
        ("stateful_sequential", [2, 1, 5]),
    ],
)
def test_a_sequential_model_has_the_batch_of_its_input(
    export_model: Export, make: str, shape: Any
) -> None:
    assert export_model(make) == [shape]


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (recurrent_of_one, [1, 12, 6]),
        # In a file, a chosen batch and that of the first call look the same.
        (sequential_without_input, [None, 3]),
        (stateful_sequential, [2, 1, 5]),
    ],
)
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_file_of_a_sequential_model(
    tf: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[], Any],
    shape: Any,
    suffix: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    make().save(f"model{suffix}")
    Path("out").mkdir()
    source = KerasFile(f"model{suffix}", allow_code=False)
    export.main(ExportRequest(source, seed=0, threads=1))
    assert input_shapes("out") == [shape]


@pytest.mark.parametrize(
    "make", ["convolutional_of_one", "recurrent_of_one", "stateful_sequential"]
)
def test_a_batch_of_one_needs_no_ops_that_compute_sizes(export_model: Export, make: str) -> None:
    export_model(make)
    assert not converted_ops("source") & SIZE_OPS


def test_a_free_batch_needs_ops_that_compute_sizes(export_model: Export) -> None:
    """Else the tests of their absence would say nothing."""
    export_model("convolutional_of_any")
    assert converted_ops("source") & SIZE_OPS


@pytest.mark.parametrize(
    ("make", "name", "shape"),
    [
        ("convolutional_of_any", "image", [1, 8, 8, 1]),
        ("fully_convolutional", "image", [1, 24, 32, 3]),
        ("normalized_of_any", "x", [1, 12]),
    ],
)
def test_a_fixed_model_computes_the_same_without_sizes(
    tf: Any, export_model: Export, fix: Fix, make: str, name: str, shape: list[int]
) -> None:
    export_model(make)
    assert fix({name: shape}) == [shape]
    assert not converted_ops("out") & SIZE_OPS
    sample = np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")
    original = tf.saved_model.load("source/saved_model").signatures["serving_default"]
    (expected,) = original(**{name: sample}).values()
    (actual,) = Interpreter("out/model.tflite").get_signature_runner()(**{name: sample}).values()
    assert np.allclose(actual, expected, atol=1e-5)


def test_a_fixed_model_keeps_its_state(tf: Any, export_model: Export, fix: Fix) -> None:
    export_model("stateful_module")
    assert fix({"row": [1, 3]}) == [[1, 3]]
    smooth = tf.saved_model.load("out/saved_model").signatures["serving_default"]
    means = [smooth(row=tf.ones((1, 3)))["mean"].numpy()[0] for _ in range(3)]
    assert means == [0.5, 0.75, 0.875]


def test_a_size_can_be_left_unknown(export_model: Export, fix: Fix) -> None:
    export_model("fully_convolutional")
    assert fix({"image": [1, None, 32, 3]}) == [[1, None, 32, 3]]


def test_each_signature_has_its_own_inputs(export_model: Export, fix: Fix) -> None:
    export_model("two_signatures")
    signatures = ["decode", "encode"]
    assert fix({"row": [1, 3], "code": [2, 2]}, signatures) == [[2, 2], [1, 3]]
    assert fix({"row": [4, 3]}, signatures) == [[None, 2], [4, 3]]


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"picture": [1, 8, 8, 1]}, "the SavedModel has no input `picture`"),
        ({"image": [1, 8, 8]}, r"has the shape \[\?, 8, 8, 1\], which does not allow \[1, 8, 8\]"),
        ({"image": [1, 9, 8, 1]}, r"does not allow \[1, 9, 8, 1\]"),
    ],
)
def test_shapes_that_the_model_does_not_have(
    export_model: Export, fix: Fix, shapes: Any, message: str
) -> None:
    export_model("convolutional_of_any")
    with pytest.raises(Mistake, match=message) as caught:
        fix(shapes)
    assert (caught.value.field, caught.value.value) == ("input_shapes", next(iter(shapes)))


def test_the_same_shapes_give_the_same_bytes(export_model: Export, fix: Fix) -> None:
    export_model("recurrent_of_any")
    written = []
    for _ in range(2):
        fix({"x": [1, 12, 6]})
        files = sorted(path for path in Path("out").rglob("*") if path.is_file())
        written.append({str(path): path.read_bytes() for path in files})
        Path("out").rename(f"out_{len(written)}")
    assert written[0] == written[1]
