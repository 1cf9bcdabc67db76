# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What ScaledAtan must compute, said with NumPy."""

from __future__ import annotations

from typing import Any, Iterator

import numpy as np

Stored = tuple[np.ndarray, float, int]


def quantize(real: np.ndarray, scale: float, zero_point: int) -> Stored:
    """Real numbers as an int8 tensor stores them, with its scale and its zero point."""
    stored = np.round(real / np.float32(scale)) + zero_point
    return np.clip(stored, -128, 127).astype(np.int8), scale, zero_point


def cases() -> Iterator[dict[str, Any]]:
    """float32 of several shapes and scales, and each int8 value there is."""
    random = np.random.default_rng(0)
    for shape in ((1,), (2, 3), (1, 4, 4, 2), (0, 3)):
        for scale in (1.0, 0.5, -2.0):
            yield {
                "name": f"float32 {list(shape)} scale {scale}",
                "inputs": [random.normal(0, 3, shape).astype(np.float32)],
                "options": {"scale": scale},
                "outputs": lambda x, scale=scale: np.float32(scale) * np.arctan(x),
            }
    x = np.array([0.0, -0.0, np.inf, -np.inf, 1e-30, 1e30], np.float32)
    yield {"name": "no options, extreme values", "inputs": [x], "outputs": [np.arctan(x)]}
    yield {
        "name": "an integer scale among other options",
        "inputs": [x],
        "options": {"a": "text", "note": True, "scale": 3, "zoom": 7.5},
        "outputs": [3 * np.arctan(x)],
    }
    every = np.arange(-128, 128).astype(np.int8)
    for scale, zero_point in ((0.05, 0), (0.02, -128), (0.4, 17)):
        real = np.float32(scale) * (every.astype(np.float32) - zero_point)
        yield {
            "name": f"int8 scale {scale} zero point {zero_point}",
            "inputs": [(every, scale, zero_point)],
            "options": {"scale": 2.0},
            "outputs": [quantize(2 * np.arctan(real), 0.025, -3)],
        }
