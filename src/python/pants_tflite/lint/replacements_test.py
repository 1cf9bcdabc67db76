# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Each replacement converts, runs where it is suggested, and computes what it replaces."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Callable

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

pytest.importorskip("tflite_micro", reason="its wheels are for Linux x86_64 only")

from pants_tflite.lint.replacements import (  # noqa: E402
    INTEGERS,
    LITERT,
    MICRO,
    REPLACEMENTS,
    Replacement,
    find_replacement,
    replacement,
)
from pants_tflite.lint.testing_models import (  # noqa: E402
    Arrays,
    convert,
    float_ops_of,
    ops_of,
    specs_of,
    try_on,
)

RANDOM = np.random.default_rng(0)
ROW = RANDOM.normal(size=(1, 6)).astype("float32")
MATRIX = RANDOM.normal(size=(1, 4, 3)).astype("float32")
SQUARE = RANDOM.normal(size=(1, 4, 4)).astype("float32")
SEQUENCE = RANDOM.normal(size=(1, 4, 6)).astype("float32")
PICTURE = RANDOM.uniform(size=(1, 12, 12, 1)).astype("float32")
VIDEO = RANDOM.normal(size=(1, 4, 6, 6, 2)).astype("float32")
SOUND = RANDOM.normal(size=(1, 64)).astype("float32")
WEIGHTS = RANDOM.normal(size=(6, 3)).astype("float32")
KERNEL = RANDOM.normal(size=(3, 3, 1, 2)).astype("float32")
VIDEO_KERNEL = RANDOM.normal(size=(2, 3, 3, 2, 2)).astype("float32")
ANGLES = 2 * np.pi / 64 * np.outer(np.arange(64), np.arange(33))
COSINES, SINES = np.cos(ANGLES).astype("float32"), np.sin(ANGLES).astype("float32")
SEGMENTS = [0, 0, 1, 1, 1, 2]
BOXES = np.array([[0, 0, 1, 1], [0, 0, 1, 0.9], [2, 2, 3, 3], [2, 2, 3, 3.1]], "float32")
WORDS = ["cat", "dog", "bird"]


@dataclass(frozen=True)
class Case:
    """`refused` and what is suggested in its place compute the same of `inputs`: `suggested` in a model,
    of what the app makes of the inputs `before`, and of whose outputs it makes something `after`.
    """

    entry: str
    refused: Callable[..., Any]
    suggested: Callable[..., Any]
    inputs: Arrays
    before: Callable[..., Arrays] = lambda *arrays: arrays
    after: Callable[..., Any] = lambda *arrays: arrays
    tolerance: float = 1e-5
    # What 255 steps between an output's extremes leave; None if the entry says another form for integers.
    integer_tolerance: float | None = 0.05

    def samples(self) -> list[Arrays]:
        """For calibration: the inputs, and smaller ones."""
        return [[array * factor for array in self.inputs] for factor in (1, 0.5, 0.1, -0.3)]


def recurrent(kind: Any, *, unroll: bool) -> Any:
    """A layer whose weights are the same each time."""
    keras.utils.set_random_seed(0)
    layer = kind(3, unroll=unroll)
    layer.build(SEQUENCE.shape)
    return layer


def convolved(picture: Any) -> Any:
    return tf.nn.conv2d(picture, KERNEL, 1, "SAME")


def png() -> bytes:
    file = io.BytesIO()
    pixels = RANDOM.integers(0, 256, (12, 12), dtype=np.uint8)
    Image.fromarray(pixels).save(file, format="png")
    return file.getvalue()


def decoded(file: np.ndarray) -> Arrays:
    """What an app makes of a file, with a decoder that is not TensorFlow's."""
    pixels = np.asarray(Image.open(io.BytesIO(file.item())), "float32")
    return [pixels.reshape(1, 12, 12, 1)]


def suppressed(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """What an app does with boxes and scores: the best first, and none that overlaps a better one."""
    chosen: list[int] = []
    for index in np.argsort(-scores):
        if all(overlap(boxes[index], boxes[other]) <= 0.5 for other in chosen):
            chosen.append(int(index))
    return np.array(chosen[:3])


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    def area(top: float, left: float, bottom: float, right: float) -> float:
        return max(0.0, bottom - top) * max(0.0, right - left)

    both = area(*np.maximum(first[:2], second[:2]), *np.minimum(first[2:], second[2:]))
    return both / (area(*first) + area(*second) - both)


def shifted_boxes(boxes: Any, scores: Any) -> tuple[Any, Any]:
    return boxes + 1.0, tf.sigmoid(scores)


def table_of_words() -> Any:
    initializer = tf.lookup.KeyValueTensorInitializer(WORDS, tf.range(3, dtype=tf.int64))
    return tf.lookup.StaticHashTable(initializer, -1)


TABLE = table_of_words()


def looped(state: Any) -> Any:
    step = lambda index, x: (index + 1, tf.tanh(x + 1.0))  # noqa: E731
    return tf.while_loop(lambda index, _: index < 4, step, (tf.constant(0), state))[1]


def unrolled(state: Any) -> Any:
    for _ in range(4):
        state = tf.tanh(state + 1.0)
    return state


def masked(mask: Any, x: Any, y: Any) -> Any:
    return mask * x + (1.0 - mask) * y


def normalized(difference: Any) -> Any:
    mean = tf.reduce_mean(difference * difference, -1, keepdims=True)
    return difference * tf.math.rsqrt(mean + 1e-3)


CASES = {
    "batch": Case(
        "batch",
        lambda x: x @ WEIGHTS,
        lambda x: x @ WEIGHTS,
        [np.concatenate([ROW, -ROW])],
        before=lambda rows: [rows[1:]],
        after=lambda y: [np.concatenate([ROW @ WEIGHTS, y])],
    ),
    "branch": Case(
        "control-flow",
        lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2, lambda: x - 1),
        lambda x: tf.where(tf.reduce_sum(x) > 0, x * 2, x - 1),
        [ROW],
    ),
    "loop": Case("control-flow", looped, unrolled, [ROW]),
    "simple RNN": Case(
        "control-flow",
        recurrent(keras.layers.SimpleRNN, unroll=False),
        recurrent(keras.layers.SimpleRNN, unroll=True),
        [SEQUENCE],
    ),
    "GRU": Case(
        "control-flow",
        recurrent(keras.layers.GRU, unroll=False),
        recurrent(keras.layers.GRU, unroll=True),
        [SEQUENCE],
    ),
    "decoding": Case(
        "decoding",
        lambda file: convolved(tf.cast(tf.io.decode_png(file, 1), tf.float32)[None]),
        convolved,
        [np.array(png(), object)],
        before=decoded,
        tolerance=1e-3,
    ),
    "detection": Case(
        "detection",
        lambda boxes, scores: tf.image.non_max_suppression(
            *shifted_boxes(boxes, scores), max_output_size=3, iou_threshold=0.5
        ),
        shifted_boxes,
        [BOXES, np.array([0.9, 0.8, 0.7, 0.95], "float32")],
        after=lambda boxes, scores: [suppressed(boxes, scores)],
    ),
    "resizing": Case(
        "resizing",
        lambda picture: convolved(tf.image.resize(picture, [8, 8])),
        convolved,
        [PICTURE],
        before=lambda picture: [tf.image.resize(picture, [8, 8]).numpy()],
    ),
    "spectrogram in the app": Case(
        "signal",
        lambda sound: tf.abs(tf.signal.rfft(sound))[:, :6] @ WEIGHTS,
        lambda spectrum: spectrum @ WEIGHTS,
        [SOUND],
        before=lambda sound: [np.abs(np.fft.rfft(sound))[:, :6].astype("float32")],
        tolerance=1e-4,
    ),
    "spectrogram of cosines and sines": Case(
        "signal",
        lambda sound: tf.abs(tf.signal.rfft(sound)),
        lambda sound: tf.sqrt(tf.square(sound @ COSINES) + tf.square(sound @ SINES)),
        [SOUND],
        tolerance=1e-4,
    ),
    "float64": Case(
        "tensor-type",
        lambda x: x * tf.constant(2.5, tf.float64),
        lambda x: x * 2.5,
        [ROW.astype("float64")],
        before=lambda x: [x.astype("float32")],
    ),
    "uint32": Case(
        "tensor-type",
        lambda x: x + tf.constant(2, tf.uint32),
        lambda x: x + 2,
        [np.array([[1, 2, 3]], "uint32")],
        before=lambda x: [x.astype("int32")],
    ),
    "text": Case(
        "text",
        lambda words: tf.gather(WEIGHTS, TABLE.lookup(words)),
        lambda numbers: tf.gather(WEIGHTS, numbers),
        [np.array(["dog", "bird"], object)],
        before=lambda words: [np.array([WORDS.index(w) for w in words], "int32")],
    ),
    "text that is compared": Case(
        "text",
        lambda words: tf.cast(words == tf.constant(["cat", "dog"]), tf.float32),
        lambda numbers: tf.cast(numbers == tf.constant([0, 1]), tf.float32),
        [np.array(["dog", "dog"], object)],
        before=lambda words: [np.array([WORDS.index(w) for w in words], "int32")],
    ),
    "unknown size": Case(
        "unknown-size",
        lambda x: tf.boolean_mask(x, x > 0),
        lambda x: (tf.where(x > 0, x, 0.0), x > 0),
        [ROW],
        after=lambda values, mask: [values[mask]],
    ),
    "bucketize": Case(
        "bucketize",
        lambda x: tf.raw_ops.Bucketize(input=x, boundaries=[-1.0, 0.0, 1.0]),
        lambda x: tf.reduce_sum(
            tf.cast(x[..., None] >= tf.constant([-1.0, 0.0, 1.0]), tf.float32), -1
        ),
        [ROW],
    ),
    "cumulative sum": Case(
        "cumsum",
        lambda x: tf.cumsum(x, 1),
        lambda x: x @ tf.linalg.band_part(tf.ones([6, 6]), 0, -1),
        [ROW],
    ),
    "elu": Case(
        "elu",
        tf.nn.elu,
        lambda x: tf.maximum(x, tf.exp(tf.minimum(x, 0.0)) - 1.0),
        [ROW],
    ),
    "negative": Case("neg", lambda x: -x, lambda x: x * -1.0, [ROW]),
    "layer normalization": Case(
        "neg",
        keras.layers.LayerNormalization(epsilon=1e-3),
        lambda x: normalized(x - tf.reduce_mean(x, -1, keepdims=True)),
        [ROW],
    ),
    "square": Case("square", tf.square, lambda x: x * x, [ROW]),
    "conv 3D": Case(
        "conv-3d",
        lambda video: tf.nn.conv3d(video, VIDEO_KERNEL, [1] * 5, "VALID"),
        lambda video: tf.stack(
            [
                tf.add_n(
                    [tf.nn.conv2d(video[:, i + d], VIDEO_KERNEL[d], 1, "VALID") for d in range(2)]
                )
                for i in range(3)
            ],
            axis=1,
        ),
        [VIDEO],
        tolerance=1e-4,
    ),
    "erf": Case(
        "erf",
        tf.math.erf,
        lambda x: tf.tanh(1.1283792 * (x + 0.08943 * x * x * x)),
        [np.linspace(-4, 4, 101, dtype="float32")[None]],
        tolerance=1e-3,
    ),
    "gelu": Case(
        "gelu",
        lambda x: tf.nn.gelu(x, approximate=True),
        lambda x: x * tf.sigmoid(1.5957691 * (x + 0.044715 * x * x * x)),
        [np.linspace(-4, 4, 101, dtype="float32")[None]],
    ),
    "matrix diag": Case("matrix-diag", tf.linalg.diag, lambda x: x[..., None] * tf.eye(6), [ROW]),
    "matrix set diag": Case(
        "matrix-set-diag",
        tf.linalg.set_diag,
        lambda x, diagonal: x * (1 - tf.eye(4)) + diagonal[..., None] * tf.eye(4),
        [SQUARE, ROW[:, :4]],
    ),
    "one-hot": Case(
        "one-hot",
        lambda indices: tf.one_hot(indices, 4),
        lambda indices: tf.gather(tf.eye(4), indices),
        [np.array([[1, 0, 3]], "int32")],
    ),
    "whole power": Case("pow", lambda x: x**3, lambda x: x * x * x, [ROW]),
    "power": Case(
        "pow",
        lambda x: x**2.5,
        lambda x: tf.exp(2.5 * tf.math.log(x)),
        [np.abs(ROW) + 0.1],
        tolerance=1e-4,
        integer_tolerance=None,
    ),
    "any": Case(
        "reduce-any",
        lambda x: tf.reduce_any(x > 0, 1),
        lambda x: tf.reduce_max(tf.cast(x > 0, tf.float32), 1) > 0,
        [MATRIX - 0.7],
    ),
    "product": Case(
        "reduce-prod",
        lambda x: tf.reduce_prod(x, 1),
        lambda x: x[:, 0] * x[:, 1] * x[:, 2] * x[:, 3],
        [MATRIX],
    ),
    "segment sum": Case(
        "segment-sum",
        lambda x: tf.math.segment_sum(x[0], SEGMENTS)[None],
        lambda x: x @ tf.one_hot(SEGMENTS, 3),
        [ROW],
    ),
    "unsorted segment sum": Case(
        "segment-sum",
        lambda x: tf.math.unsorted_segment_sum(x[0], SEGMENTS[::-1], 3)[None],
        lambda x: x @ tf.one_hot(SEGMENTS[::-1], 3),
        [ROW],
    ),
    "scatter": Case(
        "segment-sum",
        lambda x: tf.scatter_nd([[index] for index in SEGMENTS], x[0], [3])[None],
        lambda x: x @ tf.one_hot(SEGMENTS, 3),
        [ROW],
    ),
    "select": Case(
        "select",
        lambda x: tf.where(x > 0, x, x * x),
        lambda x: masked(tf.cast(x > 0, tf.float32), x, x * x),
        [ROW],
    ),
    "sign": Case(
        "sign",
        tf.sign,
        lambda x: tf.where(x > 0, 1.0, tf.where(x < 0, -1.0, 0.0)),
        [np.array([[-2.0, 0.0, 3.0]], "float32")],
    ),
    "tile": Case(
        "tile", lambda x: tf.tile(x, [1, 3, 1]), lambda x: tf.concat([x] * 3, 1), [MATRIX]
    ),
    "best": Case(
        "top-k",
        lambda x: tf.math.top_k(x, 1).indices,
        lambda x: tf.argmax(x, -1, output_type=tf.int32)[:, None],
        [ROW],
    ),
    "best three": Case(
        "top-k",
        lambda x: tf.math.top_k(x @ WEIGHTS, 2).values,
        lambda x: x @ WEIGHTS,
        [ROW],
        after=lambda scores: [-np.sort(-scores)[:, :2]],
    ),
}


def listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, (list, tuple)) else [values]


def test_each_replacement_is_tried() -> None:
    assert {case.entry for case in CASES.values()} == {entry.name for entry in REPLACEMENTS}


def refusals(case: Case) -> set[str]:
    """Where the refused form of a case does not run, or not in integers."""
    model = convert(case.refused, specs_of(case.inputs))
    ops = replacement(case.entry).ops
    found = {r for r in (LITERT, MICRO) if try_on(r, model, case.inputs)[0] is None}
    if INTEGERS in replacement(case.entry).runtimes:
        in_floats = float_ops_of(convert(case.refused, specs_of(case.inputs), case.samples()))
        found.update([INTEGERS] if in_floats & set(ops) else [])
    return found


@pytest.mark.parametrize("entry", REPLACEMENTS, ids=lambda entry: entry.name)
def test_what_is_replaced_is_refused_as_the_entry_says(entry: Replacement) -> None:
    cases = [case for case in CASES.values() if case.entry == entry.name]
    assert set.intersection(*map(refusals, cases)) == set(entry.refused_by)


@pytest.mark.parametrize(
    "name",
    [n for n in CASES if replacement(CASES[n].entry).ops and n not in ("text that is compared",)],
)
def test_what_is_replaced_has_an_op_of_the_entry(name: str) -> None:
    case = CASES[name]
    found = ops_of(convert(case.refused, specs_of(case.inputs)))
    assert found & set(replacement(case.entry).ops), found


@pytest.mark.parametrize("name", CASES)
def test_what_is_suggested_runs_and_computes_the_same(name: str) -> None:
    case = CASES[name]
    entry = replacement(case.entry)
    expected = [np.asarray(value) for value in listed(case.refused(*map(tf.constant, case.inputs)))]
    inputs = case.before(*case.inputs)
    model = convert(case.suggested, specs_of(inputs))
    assert not ops_of(model) & set(entry.ops)
    for runtime in (LITERT, MICRO):
        check_outputs(case, expected, try_on(runtime, model, inputs), case.tolerance)
    if INTEGERS in entry.runtimes and case.integer_tolerance is not None:
        model = convert(case.suggested, specs_of(inputs), case.samples())
        assert not float_ops_of(model)
        for runtime in (LITERT, MICRO):
            check_outputs(case, expected, try_on(runtime, model, inputs), case.integer_tolerance)


def check_outputs(case: Case, expected: Arrays, outputs: Arrays | None, tolerance: float) -> None:
    assert outputs is not None, "the suggested form is refused"
    for value, wanted in zip(case.after(*outputs), expected, strict=True):
        actual = np.asarray(value, "float64").reshape(wanted.shape)
        np.testing.assert_allclose(
            actual, wanted, rtol=0, atol=tolerance * max(1.0, float(np.abs(wanted).max()))
        )


def test_a_replacement_is_found_by_an_op_and_where_it_was_tried() -> None:
    for op, runtime, name in (
        ("GELU", MICRO, "gelu"),
        ("FlexErf", LITERT, "erf"),
        ("Erf", MICRO, "erf"),
        ("GELU", "a runtime where nothing was tried", None),
        ("CONV_2D", MICRO, None),
    ):
        found = find_replacement(op, runtime=runtime)
        assert (found and found.name) == name
    ops = [op for entry in REPLACEMENTS for op in entry.ops]
    assert len(ops) == len(set(ops))
