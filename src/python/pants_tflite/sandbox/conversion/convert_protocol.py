# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `convert` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional, Union

from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class ConvertRequest(Message):
    """Without `signatures`, `serving_default` is converted, or the only one there is; without a
    type, inputs and outputs have the mode's own. `calibration` and `kernels`, with which the model
    runs on it, are of modes that calibrate. With `float_fallback` ops of an integer mode may stay
    in floats; `quantization_aware` takes the ranges from the model's own fake quantization.
    `select_tf_ops` are the ops that it may take from TensorFlow, True for any."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.conversion.convert"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("model.tflite", "conversion.json")

    saved_model: str
    signatures: tuple[str, ...]
    mode: str
    input_type: Optional[str]
    output_type: Optional[str]
    calibration: Optional[str]
    custom_ops: tuple[str, ...]
    kernels: tuple[KernelLibrary, ...]
    threads: int
    float_fallback: bool = left_out(False)
    per_channel: bool = left_out(True)
    quantization_aware: bool = left_out(False)
    select_tf_ops: Union[bool, tuple[str, ...]] = left_out(False)
