# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Numbers and names that several programs agree on, or programs and the plugin."""

from __future__ import annotations

# What a `.tflite` file has in its bytes 4 to 7. linux/device/predict.py has its own: it runs on a
# device by itself.
MODEL_IDENTIFIER = b"TFL3"
# Of a model's bytes, in bytes: tensors in a model are used where they are, and its schema asks for
# this (`force_align: 16`).
MODEL_ALIGNMENT = 16

# What precedes the name of an op of TensorFlow's own in the code of a custom op: a runtime takes such
# an op from TensorFlow, if it was built with TensorFlow's kernels.
FLEX_PREFIX = "Flex"
# The custom code of the op that runs a part of a model on an Arm Ethos-U NPU. Vela writes it.
ETHOS_U = "ethos-u"

# Of TFLite Micro's tensor arenas, and so of their useful sizes, in bytes. The C++ templates
# `arena.h.in` and `measure.cc.in` have it too.
ARENA_ALIGNMENT = 16
# What is added to the smallest arena that works, in percent.
ARENA_MARGIN_PERCENT = 10

# How far TFLite Micro may be from LiteRT's reference kernels: a quantized output in steps of its
# least significant bit, a float relative to the largest expected value.
GOLDEN_STEPS = 2
GOLDEN_RELATIVE = 1e-5

# How far a kernel's float output may be from the expected one, relative to the latter, or to 1 if
# that is less. Integers must be equal.
KERNEL_TOLERANCE = 1e-5

# What a signature is called by default, and what golden files call the graph of a model without any.
DEFAULT_SIGNATURE = "serving_default"
MAIN_SIGNATURE = "main"

# Ops whose outputs are others in each run.
RANDOM_OPS = (
    "MULTINOMIAL",
    "RANDOM_STANDARD_NORMAL",
    "RANDOM_UNIFORM",
    "STABLEHLO_RNG_BIT_GENERATOR",
)

# Of the entries of archives: zip knows no earlier time.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)

# Where samples come from that no dataset has: a seeded random number generator.
SEEDED = "seeded"


def as_written(number: float) -> str:
    """A number as people and C++ code write it: 1e-5, not 1e-05."""
    return f"{number:g}".replace("e-0", "e-")
