# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Small models, each with weights of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

# Two scores out of three numbers, by one FULLY_CONNECTED.
BASE = Path(__file__).parents[2] / "two_scores.tflite"
_IDENTIFIER = b"TFL3"


def model_of(seed: int, index: int) -> bytes:
    """The base model with weights drawn from these two: the same bytes each time."""
    model: Any = schema.ModelT.InitFromPackedBuf(BASE.read_bytes(), 0)
    random = np.random.default_rng((seed, index))
    for tensor in model.subgraphs[0].tensors:
        buffer = model.buffers[tensor.buffer]
        if buffer.data is not None:
            weights = random.standard_normal(tensor.shape).astype(np.float32)
            buffer.data = np.frombuffer(weights.tobytes(), np.uint8)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())
