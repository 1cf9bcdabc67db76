# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A hidden layer with ScaledAtan, a custom op, as its activation function."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from models.scaled_atan.data import pushes

NEURONS = 16
SCALE = 0.75


# TensorFlow runs the body, which is the reference. The converter puts the op that the signature
# names into the graph instead, and the attributes, but for the flag, into its options.
@tf.function(
    experimental_implements=(
        "name: 'ScaledAtan' "
        f"attr {{ key: 'scale' value {{ f: {SCALE} }} }} "
        "attr { key: 'tfl_fusable_op' value { b: true } }"
    )
)
def scaled_atan(x: tf.Tensor) -> tf.Tensor:
    return SCALE * tf.math.atan(x)


class Joystick(tf.Module):
    """The hidden layer's weights are random, the output's are the least squares fit."""

    def __init__(self) -> None:
        super().__init__()
        random = np.random.default_rng(0)
        slopes = random.uniform(-6, 6, (1, NEURONS)).astype(np.float32)
        self.hidden = tf.Variable(slopes)
        self.offsets = tf.Variable(random.uniform(-4, 4, NEURONS).astype(np.float32))
        x, y = pushes(1000, seed=0)
        ridge = np.float32(1e-2) * np.eye(NEURONS, dtype=np.float32)
        activations = SCALE * np.arctan(x @ slopes + self.offsets.numpy())
        gram = activations.T @ activations + ridge
        self.output = tf.Variable(np.linalg.solve(gram, activations.T @ y).astype(np.float32))

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, name="position")])
    def __call__(self, position: tf.Tensor) -> dict[str, tf.Tensor]:
        activations = scaled_atan(position @ self.hidden + self.offsets)
        return {"speed": activations @ self.output}


def export() -> tf.Module:
    """The model: from positions, (batch, 1), to speeds, (batch, 1)."""
    return Joystick()
