# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

import importlib.util

from signals.windows import windows


def test_windows_overlap_and_are_whole():
    assert list(windows([0, 1, 2, 3, 4, 5], 4, 1)) == [[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5]]
    assert list(windows([0, 1, 2], 4, 1)) == []


def test_the_default_resolve_has_no_tensorflow():
    assert importlib.util.find_spec("tensorflow") is None
