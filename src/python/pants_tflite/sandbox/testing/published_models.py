# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Published models, which tests read and skip without."""

from __future__ import annotations

import os

import pytest

SHARED_MODELS = os.environ.get("PANTS_TFLITE_SHARED_MODELS", "")
needs_models = pytest.mark.skipif(
    not SHARED_MODELS, reason="PANTS_TFLITE_SHARED_MODELS names no folder of published models"
)
