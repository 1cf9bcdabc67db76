# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The flatbuffer schema of `.tflite` files, from what is installed: LiteRT, or else TensorFlow.

A model with ops of TensorFlow's own is verified in the environment that made it, which need not
have LiteRT.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

_LITERT, _TENSORFLOW = "ai_edge_litert", "tensorflow.lite.python"


def load_schema() -> Any:
    """The generated module."""
    package = _LITERT if importlib.util.find_spec(_LITERT) else _TENSORFLOW
    return importlib.import_module(f"{package}.schema_py_generated")
