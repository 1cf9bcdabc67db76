# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Ops that a runtime lacks, each with others that compute the same."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pants_tflite.lint.sandbox.testing_cases import Case

RANDOM = np.random.default_rng(0)
ROW = RANDOM.normal(size=(1, 6)).astype("float32")
MATRIX = RANDOM.normal(size=(1, 4, 3)).astype("float32")
SQUARE = RANDOM.normal(size=(1, 4, 4)).astype("float32")
WEIGHTS = RANDOM.normal(size=(6, 3)).astype("float32")
SEGMENTS = [0, 0, 1, 1, 1, 2]


def masked(mask: Any, x: Any, y: Any) -> Any:
    return mask * x + (1.0 - mask) * y


def normalized(difference: Any) -> Any:
    mean = tf.reduce_mean(difference * difference, -1, keepdims=True)
    return difference * tf.math.rsqrt(mean + 1e-3)


OPS = {
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
    "negative": Case("neg", lambda x: -x, lambda x: x * -1.0, [ROW]),
    "layer normalization": Case(
        "neg",
        keras.layers.LayerNormalization(epsilon=1e-3),
        lambda x: normalized(x - tf.reduce_mean(x, -1, keepdims=True)),
        [ROW],
    ),
    "square": Case("square", tf.square, lambda x: x * x, [ROW]),
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
