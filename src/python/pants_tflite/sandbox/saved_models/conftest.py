# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Tests with TensorFlow share a process, so that it is started before the first of them imports it."""

from __future__ import annotations

from types import ModuleType

import pytest

from pants_tflite.sandbox.saved_models.tensorflow_runtime import start_tensorflow

_TENSORFLOW = start_tensorflow(threads=1)


@pytest.fixture(scope="session")
def tf() -> ModuleType:
    return _TENSORFLOW
