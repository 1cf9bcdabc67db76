# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether an output agrees with the labels of a dataset."""

from __future__ import annotations

import numpy as np


def correct_predictions(output: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """For each sample whether the output agrees with its label; None if it is not a classification.

    The output has shape (N, classes), scores, or holds an integer for each sample. The labels are
    class numbers or have shape (N, classes), one-hot. Both may have a dimension more, the calls of a
    sequence.
    """
    if labels.ndim == 2 and output.ndim == 3 and output.shape[:2] == labels.shape:
        output, labels = output.reshape(-1, output.shape[2]), labels.reshape(-1)
    count = len(labels)
    if not count or len(output) != count:
        return None
    if labels.ndim == 2 and labels.shape[1] > 1:
        if output.ndim == 2 and output.shape[1] != labels.shape[1]:
            return None
        labels = labels.argmax(axis=1)
    if labels.size != count or labels.dtype.kind not in "biu":
        return None
    labels = labels.reshape(count)
    if output.dtype.kind in "biu" and output.size == count:
        return output.reshape(count) == labels
    if output.ndim == 2 and output.shape[1] > max(1, labels.max()):
        return output.argmax(axis=1) == labels
    return None
