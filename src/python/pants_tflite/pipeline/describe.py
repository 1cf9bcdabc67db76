# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`model.json`: the public, versioned description of a built model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Mapping, Optional

from pants_tflite.sandbox.protocol import Message, to_plain
from pants_tflite.sandbox.tflite.conversion_protocol import CalibrationInfo, ConversionReport
from pants_tflite.sandbox.tflite.inspect_model_protocol import InspectionReport
from pants_tflite.sandbox.verification.verify_protocol import VerificationReport

FORMAT_VERSION = 1


@dataclass(frozen=True)
class ModelDescription:
    """What the steps found out about one model.

    `inspection` and `verification` are the steps' own reports. `conversion`, `quantization` and `calibration` are None for
    a model that was not converted here; `float_conversion` is the conversion to the float model that
    a quantizer started from.
    """

    inspection: InspectionReport
    verification: VerificationReport
    conversion: Optional[ConversionReport] = None
    float_conversion: Optional[ConversionReport] = None
    quantization: Optional[Mapping[str, Any]] = None
    calibration: Optional[CalibrationInfo] = None

    def tools(self) -> dict[str, str]:
        """The versions of what converted and verified the model, by name."""
        conversions = [step.tools for step in (self.float_conversion, self.conversion) if step]
        steps = [*conversions, self.verification.tools]
        return {name: version for tools in steps for name, version in tools.items()}

    def to_json(self) -> dict[str, Any]:
        def without_tools(report: Message) -> dict[str, Any]:
            return {key: value for key, value in to_plain(report).items() if key != "tools"}

        return {
            **to_plain(self.inspection),
            "calibration": to_plain(self.calibration),
            "conversion": without_tools(self.conversion) if self.conversion else None,
            "format_version": FORMAT_VERSION,
            "quantization": self.quantization,
            "tools": self.tools(),
            "verification": without_tools(self.verification),
        }

    def render(self) -> bytes:
        """Sorted and indented, so that equal descriptions are equal bytes."""
        text = json.dumps(self.to_json(), sort_keys=True, indent=2, ensure_ascii=False)
        return f"{text}\n".encode()
