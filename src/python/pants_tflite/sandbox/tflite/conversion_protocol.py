# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a program that writes a model reports: `convert` and `quantize`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Mapping, Optional

from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class CalibrationInfo:
    """The samples that a model was calibrated with."""

    count: int
    fingerprint: str


@dataclass(frozen=True)
class QuantizationSettings:
    """What the model's target says; None leaves it to the mode or to the recipe."""

    engine: str
    mode: Optional[str]
    input_type: Optional[str]
    output_type: Optional[str]
    recipe: Any
    float_fallback: bool = left_out(False)
    max_float_ops: Optional[int] = left_out()
    per_channel: bool = left_out(True)
    quantization_aware: bool = left_out(False)


@dataclass(frozen=True)
class CutTensor:
    """An input or output that a cut model calls `name`: a `tensor` of the SavedModel."""

    name: str
    tensor: str


@dataclass(frozen=True)
class Cut:
    """Where a model was cut out of the `signature` of a SavedModel. It computed what the whole one does
    on so many `samples`; `made_up` says whether values of an input were."""

    signature: str
    inputs: tuple[CutTensor, ...]
    outputs: tuple[CutTensor, ...]
    samples: int
    made_up: bool


@dataclass(frozen=True)
class ConversionReport(Message):
    """How a model was converted. `recipe` is the AI Edge Quantizer's, a list of entries in its own
    form; `tools` are versions by name."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "conversion.json"

    engine: str
    mode: Optional[str]
    input_type: Optional[str]
    output_type: Optional[str]
    signatures: tuple[str, ...]
    calibration: Optional[CalibrationInfo]
    recipe: Any
    tools: Mapping[str, str]
