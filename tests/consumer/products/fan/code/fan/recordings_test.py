# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

import numpy as np
from fan.recordings import SIZE, for_training, for_validation


def test_each_half_has_both_labels_and_no_common_window():
    training, validation = list(for_training()), list(for_validation())
    for samples in (training, validation):
        assert {int(label) for _, label in samples} == {0, 1}
        assert {window.shape for window, _ in samples} == {(SIZE - 1,)}
    assert not any(np.array_equal(a, b) for a, _ in training for b, _ in validation)
