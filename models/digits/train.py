# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A convolutional network that reads handwritten digits, small enough for a microcontroller."""

from __future__ import annotations

import keras

from models.digits.data import split


def build() -> keras.Model:
    """The classifier before its training."""
    image = keras.Input((8, 8, 1), name="image")
    x = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(image)
    x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Conv2D(32, 3, padding="same", activation="relu")(x)
    x = keras.layers.MaxPooling2D()(x)
    # Unlike the layer Flatten, this leaves no shape to be computed on the device.
    x = keras.ops.reshape(x, (-1, 2 * 2 * 32))
    x = keras.layers.Dense(32, activation="relu")(x)
    return keras.Model(image, keras.layers.Dense(10, activation="softmax", name="scores")(x))


def export() -> keras.Model:
    """A trained classifier from pictures (batch, 8, 8, 1) in [0, 1] to scores (batch, 10)."""
    model = build()
    model.compile("adam", "sparse_categorical_crossentropy")
    images, labels = split()[0]
    model.fit(images, labels, batch_size=32, epochs=20, verbose=0)
    return model
