# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A workspace's files for a model that needs no training: a convolution and a dense layer."""

from __future__ import annotations

BUILD = """\
python_sources()

tf_saved_model(name="saved_model", entry_point="train.py:export")

tflite_dataset(name="calibration", entry_point="data.py:samples", max_samples=8)

tflite_quantization(name="int8_io", mode="int8", input_type="int8", output_type="int8")
tflite_quantization(name="ai_edge", mode="int8", engine="ai_edge")

tflite_model(
    name="tflite",
    saved_model=":saved_model",
    quantization=parametrize(
        "float32", "dynamic_range", "float16", "int8", "int16x8", int8_io=":int8_io", ai_edge=":ai_edge"
    ),
    calibration=":calibration",
)
"""

TRAIN = """\
import keras


def export() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(4, activation="softmax", name="scores"),
        ]
    )
"""

DATA = """\
import numpy as np

SEED = 0


def samples():
    random = np.random.default_rng(SEED)
    for index in range(10):
        yield random.random((8, 8, 1), dtype=np.float32), np.int32(index % 4)
"""


def tiny_model(seed: int) -> dict[str, str]:
    """The files, by path; `seed` is that of the samples."""
    data = DATA.replace("SEED = 0", f"SEED = {seed}")
    return {"m/BUILD": BUILD, "m/data.py": data, "m/train.py": TRAIN}
