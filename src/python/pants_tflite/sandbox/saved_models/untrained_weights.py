# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Weights of an untrained model that stand for those of a trained one.

What a layer starts with may be all alike: biases of 0, scales of 1. The converter leaves such weights
out, stores equal ones once, and drops an op that adds 0 or multiplies by 1, so the model would be
smaller than the trained one, and of other ops.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pants_tflite.sandbox.saved_models.assigned_variables import assigned_variables
from pants_tflite.sandbox.saved_models.canonical_saved_model import Exportable, captured_variables

# Of what the weights are, so that a variance stays positive; next to 0, a small number.
_SPREAD = 0.01


def vary_equal_weights(exportable: Exportable, *, seed: int) -> list[Any]:
    """Gives each variable whose elements are all the same some that are not, near them.

    Returns the variables. Weights are what signatures use and do not assign, of real numbers.
    """
    random = np.random.default_rng(seed)
    states = {
        id(variable)
        for function in exportable.signatures.values()
        for variable in assigned_variables(function)
    }
    varied = []
    for variable in captured_variables(exportable):
        if id(variable) in states or not variable.dtype.is_floating:
            continue
        value = variable.numpy()
        if value.size and (value == value.flat[0]).all():
            variable.assign(_vary(value, random))
            varied.append(variable)
    return varied


def _vary(value: np.ndarray, random: np.random.Generator) -> np.ndarray:
    size = np.float64(abs(value.flat[0]) or 1)
    noise = random.uniform(0.5, 1.5, value.shape) * random.choice((-1, 1), value.shape)
    return (value.astype(np.float64) + _SPREAD * size * noise).astype(value.dtype)
