# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""MobileNetV2 without its top: from a picture to a vector of 1,280 features."""

from __future__ import annotations

from pathlib import Path

import keras

from models.cats_vs_dogs.data import SIDE
from models.cats_vs_dogs.random_features import initialize


def build() -> keras.Model:
    """The network before its training."""
    return keras.applications.MobileNetV2(
        input_shape=(SIDE, SIDE, 3), include_top=False, pooling="avg", weights=None
    )


def export(weights: Path | None = None) -> keras.Model:
    """A model from pictures (batch, 224, 224, 3) in [-1, 1] to features (batch, 1280).

    `weights` is a file of Keras' own weights for MobileNetV2 without its top; without it, the
    features are random ones.
    """
    network = build()
    if weights is None:
        initialize(network)
    else:
        network.load_weights(weights)
    return network
