# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Candidates of a search, converted: ordinary steps with other recipes, each cached."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import Dict, Optional

from pants.engine.fs import EMPTY_DIGEST, Digest

from pants_tflite.compat import collect_rules, concurrently, get_digest_contents, rule
from pants_tflite.errors import TfLiteError
from pants_tflite.evaluation.layer_errors import CompareLayersRequest, compare_layers
from pants_tflite.evaluation.tuning.candidates import Candidate, OpError
from pants_tflite.pipeline.convert import ConvertModelRequest, convert_model
from pants_tflite.pipeline.metadata import WriteMetadataRequest, write_metadata
from pants_tflite.pipeline.plan import TfLiteModelFieldSet
from pants_tflite.pipeline.prepare import PrepareModelRequest, prepare_model
from pants_tflite.pipeline.quantization import Quantization
from pants_tflite.sandbox.evaluation.find_layer_errors_protocol import LayerErrorReport
from pants_tflite.sandbox.modes import DEFAULT_MODE
from pants_tflite.sandbox.quantization.tuned_recipes import FLOAT32
from pants_tflite.target_types import QuantizationField

_BORDER_OPS = ("DEQUANTIZE", "QUANTIZE")


@dataclass(frozen=True)
class TunedModel:
    """The model to tune, and what its inputs and outputs are to be; None is float32. The fields are in
    float32: a recipe that is to be written need not be there yet."""

    field_set: TfLiteModelFieldSet
    input_type: Optional[str] = None
    output_type: Optional[str] = None

    @classmethod
    def create(
        cls,
        field_set: TfLiteModelFieldSet,
        input_type: Optional[str] = None,
        output_type: Optional[str] = None,
    ) -> TunedModel:
        field = QuantizationField(DEFAULT_MODE, field_set.address)
        return cls(replace(field_set, quantization=field), input_type, output_type)

    @property
    def has_float_io(self) -> bool:
        """Whether the recipe says that inputs and outputs are float32, since no field says more."""
        return self.input_type is None and self.output_type is None

    def quantization(self, candidate: Candidate) -> Quantization:
        if candidate.mode == FLOAT32 and not candidate.kept:
            return Quantization(FLOAT32)
        recipe = candidate.recipe(float_io=self.has_float_io)
        return Quantization(
            mode=None,
            input_type=self.input_type,
            output_type=self.output_type,
            engine="ai_edge",
            recipe=json.dumps(recipe, sort_keys=True),
        )


@dataclass(frozen=True)
class CandidateRequest:
    """Asks for the model that a candidate yields."""

    tuned: TunedModel
    candidate: Candidate

    def debug_hint(self) -> str:
        return f"{self.tuned.field_set.address}: {self.candidate.describe()}"


@dataclass(frozen=True)
class ConvertedCandidate:
    """`model` holds `model.tflite` only. It is empty, and `size` None, if a `refusal` says why the
    candidate cannot be made."""

    model: Digest
    size: Optional[int]
    refusal: Optional[str] = None


@dataclass(frozen=True)
class CandidateErrorsRequest:
    """Asks for the errors of a candidate's ops."""

    tuned: TunedModel
    candidate: Candidate
    converted: ConvertedCandidate


@dataclass(frozen=True)
class CandidateErrors:
    """The ops that can be kept finer, the largest error first."""

    errors: tuple[OpError, ...]


def first_line(error: TfLiteError) -> str:
    """What an error says, without the address before it and the fix after it."""
    return str(error).splitlines()[0].partition(": ")[2] or str(error)


@rule(desc="Convert a candidate")
async def convert_candidate(request: CandidateRequest) -> ConvertedCandidate:
    field_set = request.tuned.field_set
    quantization = request.tuned.quantization(request.candidate)
    prepared = await prepare_model(PrepareModelRequest(field_set, quantization=quantization))
    try:
        converted = await convert_model(
            ConvertModelRequest(
                address=field_set.address,
                saved_model=prepared.saved_model,
                quantization=quantization,
                calibration=prepared.samples.calibration,
                custom_ops=prepared.plan.custom_ops,
                signatures=prepared.signatures,
                select_tf_ops=field_set.select_tf_ops.ops,
            )
        )
    except TfLiteError as error:
        return ConvertedCandidate(EMPTY_DIGEST, None, first_line(error))
    finished = await write_metadata(
        WriteMetadataRequest(
            address=field_set.address,
            model=converted.model,
            metadata=prepared.plan.metadata,
            samples=prepared.samples.verification,
            is_source=False,
        )
    )
    (file,) = await get_digest_contents(finished.digest)
    return ConvertedCandidate(finished.digest, len(file.content))


def op_errors(report: LayerErrorReport) -> tuple[OpError, ...]:
    """The ops that a recipe can name: those with one output, which convert no numbers."""
    outputs = Counter((layer.signature, layer.index) for layer in report.layers)
    found: Dict[str, OpError] = {}
    for layer in report.layers:
        is_alone = outputs[layer.signature, layer.index] == 1
        if is_alone and layer.isolated and layer.op not in _BORDER_OPS:
            error = OpError(layer.op, layer.float_tensor, layer.isolated, layer.stands_out)
            known = found.get(layer.float_tensor)
            if known is None or known.error < error.error:
                found[layer.float_tensor] = error
    return tuple(sorted(found.values(), key=lambda each: (-each.error, each.tensor)))


@rule
async def find_candidate_errors(request: CandidateErrorsRequest) -> CandidateErrors:
    tuned = request.tuned
    quantization = tuned.quantization(request.candidate)
    prepared, float_model = await concurrently(
        prepare_model(PrepareModelRequest(tuned.field_set, quantization=quantization)),
        convert_candidate(CandidateRequest(tuned, Candidate(FLOAT32))),
    )
    compared = await compare_layers(
        CompareLayersRequest(
            address=tuned.field_set.address,
            model=request.converted.model,
            float_model=float_model.model,
            samples=prepared.samples.verification,
            kernels=prepared.kernels,
        )
    )
    return CandidateErrors(op_errors(compared.report))


def rules():
    return collect_rules()
