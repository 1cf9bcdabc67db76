# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A model of one neuron that learns y = 2x - 1 from six points."""

from __future__ import annotations

import keras

from models.linear.data import X, Y


def build() -> keras.Model:
    """The model before its training."""
    return keras.Sequential([keras.Input((1,), name="x"), keras.layers.Dense(1, name="y")])


def export() -> keras.Model:
    """A trained model from x, of shape (batch, 1), to y of the same shape."""
    model = build()
    model.compile(optimizer="sgd", loss="mean_squared_error")
    model.fit(X, Y, epochs=500, verbose=0)
    return model
