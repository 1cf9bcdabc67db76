# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `quantize_custom_ops` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class QuantizeOpsRequest(Message):
    """`ops` are the names of those whose kernels compute in int8."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.quantization.quantize_custom_ops"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("model.tflite",)

    model: str
    ops: tuple[str, ...]
