# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Real numbers as a model's quantized inputs and outputs store them."""

from __future__ import annotations

# It comes with LiteRT and TensorFlow, and makes NumPy know integers of fewer bits than eight.
import ml_dtypes  # pants: no-infer-dep
import numpy as np

from pants_tflite.sandbox.tflite.flatbuffer_model import Quantization, Tensor

# Integers of so many bits are exact in single precision.
_EXACT_BITS = 16


def quantize(values: np.ndarray, tensor: Tensor) -> np.ndarray:
    """Real `values` of the tensor's rank as the tensor stores them.

    Rounds half away from zero and saturates, as the QUANTIZE op does. The values of a tensor that
    is not quantized do not change.
    """
    if tensor.quantization is None:
        return values
    # NumPy makes no arrays of what it computes from scalars.
    shape, values = values.shape, np.atleast_1d(values)
    scales, zero_points = _parameters(tensor.quantization, values.ndim)
    scaled = values.astype(np.float32, copy=False) / scales
    limits = ml_dtypes.iinfo(np.dtype(tensor.dtype))
    if limits.bits > _EXACT_BITS:
        scaled = scaled.astype(np.float64)
    zeros = zero_points.astype(scaled.dtype)
    np.clip(scaled, limits.min - zeros, limits.max - zeros, out=scaled)
    # What a number has beyond an integer is exact, so nothing rounds here. Adding a half to the number
    # might, and takes double precision and eight times as long.
    rounded = np.trunc(scaled)
    scaled -= rounded
    scaled += scaled
    rounded += np.trunc(scaled, out=scaled)
    rounded += zeros
    return rounded.astype(tensor.dtype).reshape(shape)


def dequantize(stored: np.ndarray, tensor: Tensor) -> np.ndarray:
    """The real float32 values of what a tensor stores; of one that is not quantized, the same."""
    if tensor.quantization is None:
        return stored
    scales, zero_points = _parameters(tensor.quantization, stored.ndim)
    return (scales * (stored.astype(np.int64) - zero_points)).astype(np.float32)


def real_range(tensor: Tensor) -> tuple[float, float]:
    """The least and the greatest real number that a quantized tensor with one scale can store."""
    limits = ml_dtypes.iinfo(np.dtype(tensor.dtype))
    low, high = dequantize(np.array([limits.min, limits.max]), tensor)
    return float(low), float(high)


def _parameters(quantization: Quantization, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Scales and zero points in a shape that broadcasts along the quantized dimension."""
    shape = [1] * rank
    if len(quantization.scales) > 1:
        shape[quantization.dimension] = len(quantization.scales)
    scales = np.array(quantization.scales, np.float32).reshape(shape)
    return scales, np.array(quantization.zero_points, np.int64).reshape(shape)
