# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`model.json`: the public, versioned description of a built model, for all that write or read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Mapping, Optional

from pants_tflite.sandbox.constants import DEFAULT_SIGNATURE
from pants_tflite.sandbox.protocol import left_out
from pants_tflite.sandbox.tflite.conversion_protocol import (
    CalibrationInfo,
    Cut,
    QuantizationSettings,
)
from pants_tflite.sandbox.tflite.inspect_model_protocol import (
    INPUTS,
    InspectionReport,
    ModelTensor,
)
from pants_tflite.sandbox.verification.verify_protocol import (
    FloatOp,
    OutputCheck,
    VerifiedSamples,
)


@dataclass(frozen=True)
class Conversion:
    """The report of the step that converted the model, without its tools."""

    engine: str
    mode: Optional[str]
    input_type: Optional[str]
    output_type: Optional[str]
    signatures: tuple[str, ...]
    calibration: Optional[CalibrationInfo]
    recipe: Any


@dataclass(frozen=True)
class Verification:
    """The report of the step that verified the model, without its tools. `not_run` says why the
    model was not run, if it was not, and `skipped` which signatures were not because the target says
    so. If the model `keeps_state`, an app resets its variables before each new sample. `micro_only`
    says why LiteRT does not run a model that TFLite Micro alone ran. `float_ops` are the ops that
    compute in floats although the mode is an integer one. All four are left out where they say
    nothing."""

    kernels: str
    mode: Optional[str]
    not_run: Optional[str]
    outputs: tuple[OutputCheck, ...]
    samples: VerifiedSamples
    tolerance: Optional[float]
    micro_only: Optional[str] = left_out()
    float_ops: tuple[FloatOp, ...] = left_out(())
    skipped: tuple[str, ...] = left_out(())
    keeps_state: bool = left_out(False)


@dataclass(frozen=True)
class ModelDescription(InspectionReport):
    """What the steps found out about one model: what is in it, how it was made, how accurate it is.

    `conversion`, `quantization` and `calibration` are None for a model that was not converted here.
    `tools` are the versions of what converted and verified it, by name. `select_tf_ops` are the ops
    that it takes from TensorFlow, which calls them so. An `untrained` model is none to ship. `cut` says
    where the model was cut out of its SavedModel, if it was. `golden_model` is the SHA-256 of the model
    that the golden files are of, if nothing here ran this one.
    """

    FILE: ClassVar[str] = "model.json"

    calibration: Optional[CalibrationInfo]
    conversion: Optional[Conversion]
    quantization: Optional[QuantizationSettings]
    tools: Mapping[str, str]
    verification: Verification
    select_tf_ops: tuple[str, ...] = left_out(())
    untrained: bool = left_out(False)
    cut: Optional[Cut] = left_out()
    golden_model: Optional[str] = left_out()

    @property
    def output_maps(self) -> tuple[Mapping[str, ModelTensor], ...]:
        """Each signature's outputs by name; without signatures, the graph's by their own names."""
        if self.signatures:
            return tuple(signature.outputs for _, signature in sorted(self.signatures.items()))
        return ({tensor.name: tensor for tensor in self.outputs},)

    def default_tensors(self, side: str) -> Mapping[str, ModelTensor]:
        """The inputs or outputs, by name, of the signature that is called by default."""
        if not self.signatures:
            tensors = self.inputs if side == INPUTS else self.outputs
            return {tensor.name: tensor for tensor in tensors}
        is_usual = DEFAULT_SIGNATURE in self.signatures
        signature = self.signatures[DEFAULT_SIGNATURE if is_usual else min(self.signatures)]
        return signature.inputs if side == INPUTS else signature.outputs
