# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Transfer learning: one layer, trained on the features of cats and dogs, on top of their extractor."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from models.cats_vs_dogs.data import SIDE, training
from models.cats_vs_dogs.folder import CLASSES

BATCH = 16
PENALTY = 1e-3
"""The inverse of the strength with which weights are drawn towards zero."""


def export(features: Path, folder: Path | None = None) -> keras.Model:
    """A model from pictures (batch, 224, 224, 3) in [-1, 1] to scores (batch, 2) of cat and dog.

    `features` is the SavedModel that turns pictures into vectors; `folder` as in `data`.
    """
    extractor = load_extractor(features)
    return join(extractor, train_head(*extract(extractor, folder)))


def build(features: Path) -> keras.Model:
    """The model before its training, on the features of a network before its own."""
    return join(load_extractor(features), new_head())


def load_extractor(features: Path) -> keras.layers.Layer:
    return keras.layers.TFSMLayer(str(features), call_endpoint="serving_default", trainable=False)


def new_head() -> keras.layers.Dense:
    return keras.layers.Dense(len(CLASSES), activation="softmax", name="scores")


def join(extractor: keras.layers.Layer, head: keras.layers.Dense) -> keras.Model:
    picture = keras.Input((SIDE, SIDE, 3), name="picture")
    return keras.Model(picture, head(only_output(extractor(picture))))


def extract(extractor: keras.layers.Layer, folder: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """The features (N, 1280) of the training pictures, computed once, and the labels (N,)."""
    samples = training(folder)
    vectors, labels = [], []
    while batch := list(islice(samples, BATCH)):
        vectors.append(np.asarray(only_output(extractor(np.stack([item[0] for item in batch])))))
        labels += [label for _, label in batch]
    return np.concatenate(vectors), np.array(labels)


def train_head(vectors: np.ndarray, labels: np.ndarray) -> keras.layers.Dense:
    """A softmax layer that takes features as they are.

    It is fitted as what it is, a logistic regression, on standardised features and with a strong
    penalty: large weights would make much of the small errors that quantization leaves.
    """
    scaler = StandardScaler().fit(vectors)
    regression = LogisticRegression(C=PENALTY, max_iter=1000)
    regression.fit(scaler.transform(vectors), labels)
    kernel = regression.coef_[0] / scaler.scale_
    bias = regression.intercept_[0] - scaler.mean_ @ kernel
    head = new_head()
    head.build(vectors.shape)
    # The softmax of (-z / 2, z / 2) is (1 - s, s) for s the sigmoid of z.
    head.set_weights([np.outer(kernel, (-0.5, 0.5)), np.array((-bias / 2, bias / 2))])
    return head


def only_output(outputs: dict[str, keras.KerasTensor]) -> keras.KerasTensor:
    (output,) = outputs.values()
    return output
