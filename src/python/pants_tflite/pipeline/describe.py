# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""From the steps' reports on one model to its description, `model.json`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from pants_tflite.pipeline.model_description import (
    Conversion,
    ModelDescription,
    Verification,
)
from pants_tflite.sandbox.constants import FLEX_PREFIX
from pants_tflite.sandbox.protocol import Message, from_plain, to_plain
from pants_tflite.sandbox.tflite.conversion_protocol import (
    CalibrationInfo,
    ConversionReport,
    Cut,
    QuantizationSettings,
)
from pants_tflite.sandbox.tflite.inspect_model_protocol import InspectionReport
from pants_tflite.sandbox.verification.verify_protocol import VerificationReport


def _without_tools(report: Message) -> dict[str, Any]:
    return {key: value for key, value in to_plain(report).items() if key != "tools"}


@dataclass(frozen=True)
class ModelReports:
    """What the steps reported on one model.

    `conversion`, `quantization` and `calibration` are None for a model that was not converted here;
    `float_conversion` is the conversion to the float model that a quantizer started from.
    `golden_model` is the SHA-256 of another model that the golden files are of.
    """

    inspection: InspectionReport
    verification: VerificationReport
    conversion: Optional[ConversionReport] = None
    float_conversion: Optional[ConversionReport] = None
    quantization: Optional[QuantizationSettings] = None
    calibration: Optional[CalibrationInfo] = None
    untrained: bool = False
    cut: Optional[Cut] = None
    golden_model: Optional[str] = None

    def tools(self) -> dict[str, str]:
        """The versions of what converted and verified the model, by name."""
        conversions = [step.tools for step in (self.float_conversion, self.conversion) if step]
        steps = [*conversions, self.verification.tools]
        return {name: version for tools in steps for name, version in tools.items()}

    def select_tf_ops(self) -> tuple[str, ...]:
        """The ops that the model takes from TensorFlow, sorted."""
        codes = {op.name for op in self.inspection.ops if op.custom}
        return tuple(
            sorted(c.removeprefix(FLEX_PREFIX) for c in codes if c.startswith(FLEX_PREFIX))
        )

    def describe(self) -> ModelDescription:
        conversion = None
        if self.conversion:
            conversion = from_plain(Conversion, _without_tools(self.conversion), "conversion")
        verification = _without_tools(self.verification)
        return ModelDescription(
            **vars(self.inspection),
            calibration=self.calibration,
            conversion=conversion,
            quantization=self.quantization,
            tools=self.tools(),
            verification=from_plain(Verification, verification, "verification"),
            select_tf_ops=self.select_tf_ops(),
            untrained=self.untrained,
            cut=self.cut,
            golden_model=self.golden_model,
        )
