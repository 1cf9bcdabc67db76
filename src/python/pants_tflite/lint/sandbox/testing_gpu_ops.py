# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Ops that LiteRT's GPU accelerator refuses in some form, or computes wrongly, each with another form."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from pants_tflite.lint.sandbox.testing_cases import Case

RANDOM = np.random.default_rng(0)
ROW = RANDOM.normal(size=(1, 6)).astype("float32")
MATRIX = RANDOM.normal(size=(1, 4, 6)).astype("float32")
TABLE = RANDOM.normal(size=(6, 3)).astype("float32")
INDICES = np.array([[1, 0, 3]], "int32")
LAST_FIRST = list(reversed(range(6)))


def mirrored_row(row: Any) -> Any:
    picture = tf.pad(tf.reshape(row, [1, 1, 6, 1]), [[0, 0], [0, 0], [1, 1], [0, 0]], "REFLECT")
    return tf.reshape(picture, [1, 8])


def length_one(x: Any) -> Any:
    return x * tf.math.rsqrt(tf.reduce_sum(x * x, -1, keepdims=True) + 1e-12)


GPU_CASES = {
    "sum of three": Case(
        "add-n", lambda x: tf.add_n([x, x * 2, x * 3]), lambda x: x + x * 2 + x * 3, [ROW]
    ),
    "broadcast": Case(
        "broadcast", lambda x: tf.broadcast_to(x, [4, 6]), lambda x: tf.tile(x, [4, 1]), [ROW]
    ),
    "another dimension": Case(
        "expand-dims",
        lambda x: tf.expand_dims(x, -1),
        lambda x: tf.reshape(x, [-1, 6, 1]),
        [ROW],
        open_batch=(True, True),
    ),
    "another dimension of fixed sizes": Case(
        "expand-dims",
        lambda x: tf.expand_dims(x, -1),
        lambda x: tf.expand_dims(x, -1),
        [ROW],
        open_batch=(True, False),
    ),
    "gather": Case(
        "gather",
        lambda indices: tf.gather(tf.constant(TABLE), indices),
        lambda indices: tf.reshape(
            tf.gather(tf.constant(TABLE), tf.reshape(indices, [-1])), [1, 3, 3]
        ),
        [INDICES],
    ),
    "length of one": Case(
        "l2-normalization", lambda x: tf.nn.l2_normalize(x, -1), length_one, [ROW]
    ),
    "mirrored row": Case(
        "mirror-pad", lambda x: tf.pad(x, [[0, 0], [1, 1]], "REFLECT"), mirrored_row, [ROW]
    ),
    "last first": Case(
        "reverse",
        lambda x: tf.reverse(x, [1]),
        lambda x: tf.gather(x, LAST_FIRST, axis=1),
        [ROW],
    ),
    "one slice": Case(
        "strided-slice",
        lambda x: x[:, 0],
        lambda x: tf.reshape(x[:, :1], [1, 6]),
        [MATRIX],
    ),
    "all slices": Case(
        "strided-slice",
        lambda x: x[:, 0] * x[:, 1],
        lambda x: tf.unstack(x, axis=1)[0] * tf.unstack(x, axis=1)[1],
        [MATRIX],
    ),
}
