# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What to use in place of ops that LiteRT's GPU accelerator alone refuses in some form, or computes wrongly."""

from __future__ import annotations

from pants_tflite.lint.replacement_entries import GPU, Replacement


def _on_gpu(name: str, op: str, instead: str) -> Replacement:
    # Other runtimes have the op, and refuse it for other reasons, if at all.
    return Replacement(name, (op,), instead, (GPU,), (GPU,))


GPU_OPS = (
    _on_gpu("add-n", "ADD_N", "Use `x + y + z`."),
    _on_gpu("broadcast", "BROADCAST_TO", "Use `tf.tile`."),
    _on_gpu(
        "expand-dims",
        "EXPAND_DIMS",
        "Use `tf.reshape` with all sizes but the batch's, as in `tf.reshape(x, [-1, 6, 1])`; or fix the sizes "
        "with `input_shapes`, which turns the op into such a one.",
    ),
    _on_gpu(
        "gather",
        "GATHER",
        "Gather with a list of indices, and give the result its shape: "
        "`tf.reshape(tf.gather(x, tf.reshape(indices, [-1])), shape)`.",
    ),
    _on_gpu(
        "l2-normalization",
        "L2_NORMALIZATION",
        "Use `x * tf.math.rsqrt(tf.reduce_sum(x * x, -1, keepdims=True) + epsilon)`.",
    ),
    _on_gpu(
        "mirror-pad",
        "MIRROR_PAD",
        "Pad in four dimensions, of which `tf.reshape` makes those that lack before, and takes them away after.",
    ),
    _on_gpu(
        "reverse",
        "REVERSE_V2",
        "Use `tf.gather(x, list(reversed(range(n))), axis=axis)`.",
    ),
    _on_gpu(
        "strided-slice",
        "STRIDED_SLICE",
        "Keep the dimension that is sliced, and reshape: `tf.reshape(x[:, :1], shape)` in place of `x[:, 0]`; or "
        "take all slices with `tf.unstack(x, axis=1)`.",
    ),
)
