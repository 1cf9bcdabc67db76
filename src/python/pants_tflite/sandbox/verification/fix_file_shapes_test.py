# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A `.tflite` file with fixed shapes computes the same, and no sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import numpy as np
import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.saved_models.tensorflow_runtime import start_tensorflow
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.model_reader import read_model
from pants_tflite.sandbox.verification import fix_file_shapes
from pants_tflite.sandbox.verification.fix_file_shapes_protocol import FixFileShapesRequest

Fix = Callable[..., Model]


@pytest.fixture(scope="module")
def tf() -> Any:
    return start_tensorflow(threads=1)


@pytest.fixture
def fix(tf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fix:
    """Converts a function of one input, fixes shapes of the file, and reads what was written."""

    def fix(
        function: Callable[[Any], Any],
        shape: Sequence[int | None],
        shapes: Mapping[str, Sequence[int | None]],
        samples: np.ndarray | None = None,
    ) -> Model:
        monkeypatch.chdir(tmp_path)
        Path("out").mkdir()
        spec = tf.TensorSpec(shape, tf.float32, name="x")
        traced = tf.function(lambda x: {"y": function(x)}, input_signature=[spec])
        converter = tf.lite.TFLiteConverter.from_concrete_functions(
            [traced.get_concrete_function()], tf.Module()
        )
        Path("model.tflite").write_bytes(converter.convert())
        if samples is not None:
            write_npz(Path("dataset.npz"), {"input/x": samples})
        fix_file_shapes.main(
            FixFileShapesRequest(
                model="model.tflite",
                shapes={name: tuple(sizes) for name, sizes in shapes.items()},
                dataset=None if samples is None else "dataset.npz",
                dataset_field="verify_dataset",
                kernels=(),
                max_samples=4,
                seed=0,
            )
        )
        return read_model(Path("out/model.tflite"))

    return fix


def ops(model: Model) -> set[str]:
    return {op.code.name for graph in model.subgraphs for op in graph.ops}


def flatten(x: Any) -> Any:
    import tensorflow as tf

    y = tf.nn.relu(x) + 1
    y = tf.reshape(y, [tf.shape(y)[0], tf.shape(y)[1] * 3])
    return tf.reshape(y * 2, [tf.shape(y)[0], -1, 3])


def test_no_size_is_computed_any_more(fix: Fix) -> None:
    before_ops = {"SHAPE", "STRIDED_SLICE", "PACK"}
    model = fix(flatten, [None, None, 3], {"x": [1, 4, 3]})
    assert before_ops <= ops(read_model(Path("model.tflite")))
    assert not before_ops & ops(model)
    (signature,) = model.signatures
    assert [(name, t.shape_signature) for name, t in signature.inputs] == [("x", (1, 4, 3))]
    assert [(name, t.shape_signature) for name, t in signature.outputs] == [("y", (1, 4, 3))]


def test_sizes_that_follow_one_after_the_other(tf: Any, fix: Fix) -> None:
    """LiteRT knows the size of each reshaping only when that of the one before is a constant."""
    weights = np.ones((2, 2, 2, 3), np.float32)

    def enlarge(x: Any) -> Any:
        size = tf.shape(x)
        y = tf.nn.conv2d_transpose(x, weights, [size[0], 2 * size[1], 2 * size[2], 2], 2)
        y = tf.reshape(y, [tf.shape(y)[0], -1, 2])
        return tf.reshape(y, [tf.shape(y)[0] * tf.shape(y)[1], 2])

    model = fix(enlarge, [None, None, None, 3], {"x": [1, 4, 5, 3]})
    assert [op.code.name for op in model.subgraphs[0].ops] == ["TRANSPOSE_CONV"] + ["RESHAPE"] * 2
    assert [t.shape_signature for _, t in model.signatures[0].outputs] == [(80, 2)]


def test_a_size_may_stay_unknown(fix: Fix) -> None:
    model = fix(flatten, [None, None, 3], {"x": [2, None, 3]}, np.ones((4, 5, 3), np.float32))
    (signature,) = model.signatures
    assert [t.shape_signature for _, t in signature.inputs] == [(2, None, 3)]
    assert "SHAPE" in ops(model)


def test_a_size_that_the_model_yields_is_still_computed(tf: Any, fix: Fix) -> None:
    model = fix(tf.shape, [None, 3], {"x": [5, 3]})
    assert ops(model) == {"SHAPE"}


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"image": [1, 4, 3]}, "the model has no input `image`"),
        ({"x": [1, 4, 4]}, "has the shape [?, ?, 3], which does not allow [1, 4, 4]"),
        ({"x": [1, 4]}, "has the shape [?, ?, 3], which does not allow [1, 4]"),
    ],
)
def test_shapes_that_contradict_the_model(
    fix: Fix, shapes: Mapping[str, Sequence[int]], message: str
) -> None:
    with pytest.raises(Mistake) as raised:
        fix(flatten, [None, None, 3], shapes)
    assert message in raised.value.message
    assert raised.value.field == "input_shapes"


def test_a_shape_that_the_ops_refuse(tf: Any, fix: Fix) -> None:
    with pytest.raises(Mistake, match="the model cannot take inputs of these shapes"):
        fix(lambda x: x + np.ones((1, 5), np.float32), [None, None], {"x": [1, 4]})


def test_another_result_is_refused(fix: Fix, monkeypatch: pytest.MonkeyPatch) -> None:
    from pants_tflite.sandbox.tflite.packing import pack, unpack

    def wrong(content: bytes, *_: Any, field: str) -> bytes:
        model = unpack(content, field=field)
        for buffer in model.buffers:
            if buffer.data is not None and len(buffer.data) == 4:
                buffer.data = np.array([7.0], np.float32).view(np.uint8)
        return pack(model)

    monkeypatch.setattr(fix_file_shapes, "write_known_shapes", wrong)
    with pytest.raises(Mistake, match="the output `y` is another than before"):
        fix(lambda x: x * 2.0, [None, 4], {"x": [1, 4]})
