# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What to use in place of ops that a runtime refuses, or that a portable model does without.

Each entry is tried by `sandbox/replacements_test.py`: what it suggests converts, runs on all of its runtimes, and
computes the same.
"""

from __future__ import annotations

from typing import Optional

from pants_tflite.lint.gpu_replacements import GPU_OPS
from pants_tflite.lint.replacement_entries import (
    EVERYWHERE,
    GPU,
    INTEGERS,
    LITERT,
    MICRO,
    Replacement,
)
from pants_tflite.sandbox.constants import FLEX_PREFIX

# What a portable model does without; `pants_tflite.lint.portability` has a check of each name.
_FORMS = (
    Replacement(
        "batch",
        (),
        "Export the model with an open batch, or with the batch 1.",
        refused_by=(),
    ),
    Replacement(
        "control-flow",
        ("IF", "WHILE"),
        "Give a recurrent layer `unroll=True` and a fixed batch and length; choose between two values with "
        "`tf.where`.",
        refused_by=(GPU,),
    ),
    Replacement(
        "decoding",
        (
            "DecodeBmp",
            "DecodeGif",
            "DecodeImage",
            "DecodeJpeg",
            "DecodePng",
            "DecodeRaw",
            "DecodeWav",
        ),
        "Decode files in the app, whose platform has a decoder, and give the model the pixels or samples.",
        refused_by=(LITERT, MICRO, GPU),
    ),
    Replacement(
        "detection",
        ("NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "NonMaxSuppressionV3"),
        "Yield boxes and scores, and suppress overlapping ones in the app.",
        refused_by=(MICRO, GPU),
    ),
    Replacement(
        "resizing",
        ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"),
        "Give the model's input the size that it computes with, and resize in the app and, with "
        "`tf.image.resize`, in the training's `tf.data` pipeline.",
        refused_by=(),
    ),
    Replacement(
        "signal",
        ("COMPLEX_ABS", "IMAG", "REAL", "RFFT2D"),
        "Compute spectrograms in the app, and train the model on them; or, for short frames, multiply with "
        "constant cosines and sines: `tf.sqrt(tf.square(x @ cosines) + tf.square(x @ sines))`.",
        refused_by=(MICRO, GPU),
    ),
    Replacement(
        "tensor-type",
        (),
        "Compute in float32, or in int32, and cast what comes in.",
        refused_by=(),
    ),
    Replacement(
        "text",
        (
            "HASHTABLE",
            "HASHTABLE_FIND",
            "HASHTABLE_IMPORT",
            "HASHTABLE_SIZE",
            "LookupTableFindV2",
        ),
        "Split text and look words up in the app, and give the model their numbers as int32.",
        refused_by=(MICRO, GPU),
    ),
    Replacement(
        "unknown-size",
        ("UNIQUE", "WHERE"),
        "Yield the values and which of them count, as in `tf.where(mask, x, 0.0)`, and choose in the app.",
        refused_by=(MICRO, GPU),
    ),
)
# Ops that a runtime lacks, and others that compute the same.
_OPS = (
    Replacement(
        "bucketize",
        ("BUCKETIZE",),
        "Count the boundaries: `tf.reduce_sum(tf.cast(x[..., None] >= boundaries, tf.float32), -1)`.",
        refused_by=(MICRO, GPU),
    ),
    Replacement(
        "cumsum",
        ("CUMSUM",),
        "Multiply with a constant triangle: `x @ tf.linalg.band_part(tf.ones([n, n]), 0, -1)`.",
        EVERYWHERE,
        (INTEGERS,),
    ),
    Replacement(
        "erf",
        ("Erf",),
        "Use `tf.tanh(1.1283792 * (x + 0.08943 * x * x * x))`, which is at most 0.001 off.",
        refused_by=(LITERT, MICRO, GPU),
    ),
    Replacement(
        "gelu",
        ("GELU",),
        "Use `x * tf.sigmoid(1.5957691 * (x + 0.044715 * x * x * x))`, which is GELU's approximation by "
        "tanh in another form.",
        EVERYWHERE,
    ),
    Replacement(
        "matrix-diag",
        ("MATRIX_DIAG",),
        "Use `x[..., None] * tf.eye(n)`.",
        refused_by=(MICRO, GPU),
    ),
    Replacement(
        "matrix-set-diag",
        ("MATRIX_SET_DIAG",),
        "Use `x * (1 - tf.eye(n)) + diagonal[..., None] * tf.eye(n)`.",
        refused_by=(MICRO, GPU),
    ),
    Replacement(
        "neg",
        ("NEG",),
        "Use `x * -1.0`; and in place of a LayerNormalization, which has this op, "
        "`d * tf.math.rsqrt(tf.reduce_mean(d * d, -1, keepdims=True) + epsilon)` with "
        "`d = x - tf.reduce_mean(x, -1, keepdims=True)`.",
        EVERYWHERE,
        (INTEGERS,),
    ),
    Replacement(
        "one-hot",
        ("ONE_HOT",),
        "Use `tf.gather(tf.eye(depth), indices)`.",
        runtimes=(LITERT, MICRO),
    ),
    Replacement(
        "pow",
        ("POW",),
        "Multiply for a whole exponent, as in `x * x * x`; else, for values above 0, use "
        "`tf.exp(y * tf.math.log(x))`.",
        EVERYWHERE,
        (MICRO, INTEGERS),
    ),
    Replacement(
        "reduce-any",
        ("REDUCE_ANY",),
        "Use `tf.reduce_max(tf.cast(x, tf.float32), axis) > 0`.",
    ),
    Replacement(
        "reduce-prod",
        ("REDUCE_PROD",),
        "Multiply the slices, as in `x[:, 0] * x[:, 1] * x[:, 2]`.",
        (LITERT, MICRO, INTEGERS),
    ),
    Replacement(
        "segment-sum",
        ("SCATTER_ND", "SEGMENT_SUM", "UNSORTED_SEGMENT_SUM"),
        "For constant segments multiply with a constant matrix: `x @ tf.one_hot(segments, count)`.",
        refused_by=(MICRO, GPU),
    ),
    Replacement(
        "select",
        ("SELECT",),
        "Multiply with the condition: `mask * x + (1.0 - mask) * y` with "
        "`mask = tf.cast(condition, tf.float32)`.",
    ),
    Replacement(
        "sign",
        ("SIGN",),
        "Use `tf.where(x > 0, 1.0, tf.where(x < 0, -1.0, 0.0))`.",
    ),
    Replacement(
        "square",
        ("SQUARE",),
        "Use `x * x`.",
        EVERYWHERE,
        (INTEGERS,),
    ),
    Replacement(
        "tile",
        ("TILE",),
        "Use `tf.concat([x] * count, axis)`.",
        EVERYWHERE,
    ),
    Replacement(
        "top-k",
        ("TOPK_V2",),
        "Use `tf.argmax` for the best one; yield all scores for more, and sort them in the app.",
    ),
)
REPLACEMENTS = (*_FORMS, *_OPS, *GPU_OPS)
_BY_NAME = {entry.name: entry for entry in REPLACEMENTS}


def replacement(name: str) -> Replacement:
    """The entry of a name."""
    return _BY_NAME[name]


def find_replacement(op: str, *, runtime: str) -> Optional[Replacement]:
    """What to use instead of `op` on a runtime, if something was tried there; an op that is taken from
    TensorFlow may have its prefix "Flex"."""
    name = op[len(FLEX_PREFIX) :] if op.startswith(FLEX_PREFIX) else op
    return next(
        (entry for entry in REPLACEMENTS if name in entry.ops and runtime in entry.runtimes), None
    )
