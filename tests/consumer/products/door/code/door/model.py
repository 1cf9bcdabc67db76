# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The loudness of sounds at a door, and which TensorFlow computes it."""

from typing import Iterator

import numpy as np
import tensorflow as tf
from signals.windows import windows


class Detector(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 8], tf.float32, name="sound")])
    def __call__(self, sound: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"loudness": tf.reduce_mean(tf.abs(sound), axis=1, keepdims=True)}


def detector() -> tf.Module:
    assert tf.version.VERSION == "2.20.0"
    return Detector()


def steps() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    sound = np.random.default_rng(3).normal(size=96).astype(np.float32)
    for window in windows(sound, 8, 4):
        yield window, np.abs(window).mean(keepdims=True)
