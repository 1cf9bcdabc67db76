# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Float networks for tests, some layers of which have outlier weights."""

from __future__ import annotations

from typing import Collection

import numpy as np

from pants_tflite.sandbox.testing.small_models import (
    OpSpec,
    SignatureSpec,
    TensorSpec,
    build_model,
)

FEATURES = 16
LAYERS = 6
OUTLIER = 60.0


def layer_name(layer: int) -> str:
    return f"net/dense_{layer}"


def network(outliers: Collection[int] = ()) -> bytes:
    """Dense layers with RELU between them, whose first unit is always 0.

    Those in `outliers` have a large weight for that unit in every row, which changes no value, but
    makes the step of all other weights coarse.
    """
    random = np.random.default_rng(7)
    tensors, ops = [TensorSpec("x", (1, FEATURES))], []
    source = "x"
    for layer in range(LAYERS):
        name = layer_name(layer)
        weights = random.normal(0, 1.4 / np.sqrt(FEATURES), (FEATURES, FEATURES))
        if layer in outliers:
            weights[:, 0] = OUTLIER
        weights[0] = 0
        is_last = layer == LAYERS - 1
        result = "y" if is_last else f"{name}/Relu"
        tensors += [
            TensorSpec(f"{name}/weights", (FEATURES, FEATURES), value=weights),
            TensorSpec(f"{name}/bias", (FEATURES,), value=0.0),
            TensorSpec(f"{name}/MatMul", (1, FEATURES)),
            TensorSpec(result, (1, FEATURES)),
        ]
        inputs = (source, f"{name}/weights", f"{name}/bias")
        ops.append(OpSpec("FULLY_CONNECTED", inputs, (f"{name}/MatMul",)))
        ops.append(OpSpec("TANH" if is_last else "RELU", (f"{name}/MatMul",), (result,)))
        source = result
    return build_model(tensors, ops, {"serving_default": SignatureSpec({"x": "x"}, {"y": "y"})})


def samples(count: int = 32) -> np.ndarray:
    """Inputs whose first feature is 0, too."""
    values = np.random.default_rng(3).normal(0, 1, (count, FEATURES)).astype(np.float32)
    values[:, 0] = 0
    return values
