# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Cutting signals into windows."""

from typing import Iterator, Sequence


def windows(signal: Sequence[float], size: int, step: int) -> Iterator[Sequence[float]]:
    """The windows of `size` that are whole, each `step` after the one before."""
    for start in range(0, len(signal) - size + 1, step):
        yield signal[start : start + size]
