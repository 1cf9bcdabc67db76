# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A classifier of windows of vibration: healthy or worn."""

import keras
import numpy as np
from fan.recordings import SIZE, for_training


def classifier() -> keras.Model:
    windows, labels = (np.stack(arrays) for arrays in zip(*for_training()))
    model = keras.Sequential(
        [
            keras.Input((SIZE - 1,), name="window"),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(2, activation="softmax", name="condition"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss="sparse_categorical_crossentropy")
    model.fit(windows, labels, epochs=30, verbose=0)
    return model
