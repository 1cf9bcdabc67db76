# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `quantize` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class QuantizeRequest(Message):
    """`recipe` is a list of entries in the AI Edge Quantizer's form; without one, the mode's own is
    applied. Without a type, inputs and outputs have the one of recipe or mode."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.quantization.quantize"

    model: str
    mode: Optional[str]
    recipe: Any
    input_type: Optional[str]
    output_type: Optional[str]
    calibration: Optional[str]
    threads: int
