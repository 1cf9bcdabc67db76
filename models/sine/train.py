# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""TFLite Micro's hello-world model: the sine of an angle from two hidden layers of 16 neurons."""

from __future__ import annotations

import keras

from models.sine.data import angles


def build() -> keras.Model:
    """The model before its training."""
    return keras.Sequential(
        [
            keras.Input((1,), name="angle"),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, name="sine"),
        ]
    )


def export() -> keras.Model:
    """A trained model from angles in radians, (batch, 1), to their sines, (batch, 1)."""
    model = build()
    model.compile(keras.optimizers.Adam(0.005), "mean_squared_error")
    x, y = angles(1000, seed=0)
    model.fit(x, y, batch_size=64, epochs=300, verbose=0)
    return model
