# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Forms that a portable model does without, each with what is suggested in its place."""

from __future__ import annotations

import io
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from pants_tflite.lint.sandbox.testing_cases import Case
from pants_tflite.lint.sandbox.testing_models import Arrays

RANDOM = np.random.default_rng(0)
ROW = RANDOM.normal(size=(1, 6)).astype("float32")
SEQUENCE = RANDOM.normal(size=(1, 4, 6)).astype("float32")
PICTURE = RANDOM.uniform(size=(1, 12, 12, 1)).astype("float32")
SOUND = RANDOM.normal(size=(1, 64)).astype("float32")
WEIGHTS = RANDOM.normal(size=(6, 3)).astype("float32")
KERNEL = RANDOM.normal(size=(3, 3, 1, 2)).astype("float32")
ANGLES = 2 * np.pi / 64 * np.outer(np.arange(64), np.arange(33))
COSINES, SINES = np.cos(ANGLES).astype("float32"), np.sin(ANGLES).astype("float32")
BOXES = np.array([[0, 0, 1, 1], [0, 0, 1, 0.9], [2, 2, 3, 3], [2, 2, 3, 3.1]], "float32")
WORDS = ["cat", "dog", "bird"]


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


FORMS = {
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
}
