# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Random features: what can be done for a network whose trained weights cannot be had.

A linear classifier on random features learns much, as long as the features still tell pictures apart.
Fifty layers of a freshly initialised network wash them out, so the network is set up to keep them:
depthwise kernels that blur, activations shifted to where ReLU6 is nearly linear, weak residual branches.
"""

from __future__ import annotations

from itertools import islice

import keras
import numpy as np
import tensorflow as tf

from models.cats_vs_dogs.data import training

SEED = 5
NOISE = 0.1
SHIFT = 1.5
"""Where batch normalisation puts the mean of what goes into a ReLU6."""

RESIDUAL = 0.5
"""The standard deviation of what a block's last, linear convolution gives."""

PICTURES = 48
_BLUR = np.outer([1, 2, 1], [1, 2, 1]).astype(np.float32) / 16


def initialize(network: keras.Model) -> None:
    """Sets up the weights of a MobileNetV2, with batch statistics from drawn pictures."""
    rng = np.random.default_rng(SEED)
    for layer in network.layers:
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            noise = rng.normal(0, NOISE, layer.kernel.shape).astype(np.float32)
            layer.kernel.assign(_BLUR[:, :, np.newaxis, np.newaxis] + noise)
        elif isinstance(layer, keras.layers.BatchNormalization):
            is_linear = layer.name.endswith("project_BN")
            layer.gamma.assign(np.full(layer.gamma.shape, RESIDUAL if is_linear else 1.0))
            layer.beta.assign(np.full(layer.beta.shape, 0.0 if is_linear else SHIFT))
            layer.momentum = 0.0
    pictures = np.stack([picture for picture, _ in islice(training(), PICTURES)])
    # As a graph, which frees what it has used: eagerly this takes 4.7 GB, not 1.2.
    tf.function(network)(tf.constant(pictures), training=True)
