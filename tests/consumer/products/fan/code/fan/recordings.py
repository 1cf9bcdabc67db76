# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Vibrations of fans, of which every second one has a worn bearing."""

from typing import Iterator

import numpy as np
from signals.windows import windows

SIZE = 32


def _recording(random: np.random.Generator, is_worn: bool) -> np.ndarray:
    time = np.arange(4 * SIZE)
    signal = np.sin(time / 3 + random.uniform(0, 6)) + random.normal(0, 0.1, time.size)
    if is_worn:
        signal += 0.8 * np.sin(2.1 * time + random.uniform(0, 6))
    return signal.astype(np.float32)


def _labelled_windows(seed: int, count: int) -> Iterator[tuple[np.ndarray, np.int32]]:
    random = np.random.default_rng(seed)
    for index in range(count):
        label = np.int32(index % 2)
        for window in windows(_recording(random, bool(label)), SIZE, SIZE):
            yield np.abs(np.diff(window)), label


def for_training() -> Iterator[tuple[np.ndarray, np.int32]]:
    yield from _labelled_windows(seed=1, count=24)


def for_validation() -> Iterator[tuple[np.ndarray, np.int32]]:
    yield from _labelled_windows(seed=2, count=12)
