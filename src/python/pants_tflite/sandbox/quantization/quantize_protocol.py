# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `quantize` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Optional

from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class QuantizeRequest(Message):
    """`recipe` is a list of entries in the AI Edge Quantizer's form, or an object with them as
    `entries` and a number of `calibration_samples`; without one, the mode's own is
    applied, with scales for each channel of weights or, without `per_channel`, for each tensor.
    Without a type, inputs and outputs have the one of recipe or mode."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.quantization.quantize"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("model.tflite", "conversion.json")

    model: str
    mode: Optional[str]
    recipe: Any
    input_type: Optional[str]
    output_type: Optional[str]
    calibration: Optional[str]
    threads: int
    per_channel: bool = left_out(True)
