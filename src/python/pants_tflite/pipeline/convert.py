# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Converting: from a SavedModel to a `.tflite` file, by the TensorFlow converter and, for the
ai_edge engine, the AI Edge Quantizer after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, Digest, DigestSubset, MergeDigests, PathGlobs

from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.custom_ops.declarations import CustomOps
from pants_tflite.custom_ops.host_kernels import HostKernels
from pants_tflite.pipeline.dataset import SampledDataset, StageDatasetRequest, stage_dataset
from pants_tflite.pipeline.export import SAVED_MODEL_DIRECTORY, ExportedSavedModel
from pants_tflite.pipeline.quantization import Quantization
from pants_tflite.sandbox.conversion.convert_protocol import ConvertRequest
from pants_tflite.sandbox.quantization.quantize_custom_ops_protocol import QuantizeOpsRequest
from pants_tflite.sandbox.quantization.quantize_protocol import QuantizeRequest
from pants_tflite.sandbox.tflite.conversion_protocol import ConversionReport
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import ProgramResult, RunProgramRequest, run_program

MODEL_FILE = "model.tflite"
# For the report on the float model that the AI Edge Quantizer starts from.
FLOAT_DIRECTORY = "float"
_FLOAT = Quantization("float32")


@dataclass(frozen=True)
class ConvertModelRequest:
    """Asks for a SavedModel in TensorFlow Lite form, quantized as `quantization` says.

    `calibration` is None if the mode calibrates nothing: samples that cannot change the result
    stay out of the cache key. So do the `kernels`, which only calibration needs.
    """

    address: Address
    saved_model: ExportedSavedModel
    quantization: Quantization
    calibration: Optional[SampledDataset] = None
    custom_ops: CustomOps = CustomOps()
    signatures: tuple[str, ...] = ()
    kernels: HostKernels = HostKernels()
    # The ops that the model may take from TensorFlow; True is for any.
    select_tf_ops: Union[bool, tuple[str, ...]] = False

    def debug_hint(self) -> str:
        return str(self.address)

    def to_program(self, calibration: Optional[str]) -> ConvertRequest:
        return to_program(
            quantization=self.quantization,
            signatures=self.signatures,
            calibration=calibration,
            custom_ops=self.custom_ops,
            kernels=self.kernels,
            select_tf_ops=self.select_tf_ops,
        )


def to_program(
    *,
    quantization: Quantization,
    signatures: tuple[str, ...],
    calibration: Optional[str],
    custom_ops: CustomOps,
    kernels: HostKernels,
    select_tf_ops: Union[bool, tuple[str, ...]],
) -> ConvertRequest:
    """What the TensorFlow converter is asked; `calibration` is the path of the samples."""
    assert quantization.mode is not None, "only the ai_edge engine goes without a mode"
    return ConvertRequest(
        saved_model=SAVED_MODEL_DIRECTORY,
        signatures=signatures,
        mode=quantization.mode,
        input_type=quantization.input_type,
        output_type=quantization.output_type,
        calibration=calibration,
        custom_ops=custom_ops.names,
        kernels=kernels.kernels,
        threads=1,
        float_fallback=quantization.float_fallback,
        per_channel=quantization.per_channel,
        quantization_aware=quantization.quantization_aware,
        select_tf_ops=select_tf_ops,
    )


@dataclass(frozen=True)
class ConvertedModel:
    """`model` holds `model.tflite` and nothing else, so that what reads it depends only on
    its bytes; `report` holds `conversion.json`, and
    `float/conversion.json` if a float model came first."""

    model: Digest
    report: Digest


@dataclass(frozen=True)
class SplitConversionRequest:
    """Asks for the output of a conversion program, split in its two parts."""

    output: ProgramResult


@dataclass(frozen=True)
class RunConverterRequest:
    """Asks for the same, made by the TensorFlow converter."""

    convert: ConvertModelRequest


@dataclass(frozen=True)
class QuantizeCustomOpsRequest:
    """Asks for a model of the mode int8 whose `ops` compute in int8 too."""

    address: Address
    converted: ConvertedModel
    ops: tuple[str, ...]


@dataclass(frozen=True)
class RunQuantizerRequest:
    """Asks for the same, made by the AI Edge Quantizer from the float model."""

    convert: ConvertModelRequest


@rule
async def split_conversion(request: SplitConversionRequest) -> ConvertedModel:
    model, report = await concurrently(
        digest_subset_to_digest(DigestSubset(request.output.digest, PathGlobs((name,))))
        for name in (MODEL_FILE, ConversionReport.FILE)
    )
    return ConvertedModel(model, report)


@rule
async def run_converter(request: RunConverterRequest) -> ConvertedModel:
    convert = request.convert
    calibration = await stage_dataset(StageDatasetRequest(convert.calibration))
    digest = await merge_digests(
        MergeDigests((convert.saved_model.digest, calibration.digest, convert.kernels.digest))
    )
    result = await run_program(
        RunProgramRequest.create(
            convert.address,
            convert.to_program(calibration.path),
            convert.saved_model.environment,
            description=f"Convert {convert.address} to {convert.quantization.mode}",
            input_digest=digest,
            code_lines=convert.saved_model.code_lines,
        )
    )
    return await split_conversion(SplitConversionRequest(result))


@rule
async def quantize_custom_ops(request: QuantizeCustomOpsRequest) -> ConvertedModel:
    converted = request.converted
    environment = await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            QuantizeOpsRequest(MODEL_FILE, request.ops),
            environment,
            description=f"Quantize the custom ops of {request.address}",
            input_digest=converted.model,
        )
    )
    return ConvertedModel(result.digest, converted.report)


@rule
async def run_quantizer(request: RunQuantizerRequest) -> ConvertedModel:
    convert = request.convert
    quantization = convert.quantization
    float_model, calibration, environment = await concurrently(
        convert_model(
            ConvertModelRequest(
                convert.address,
                convert.saved_model,
                _FLOAT,
                custom_ops=convert.custom_ops,
                signatures=convert.signatures,
                select_tf_ops=convert.select_tf_ops,
            )
        ),
        stage_dataset(StageDatasetRequest(convert.calibration)),
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
    )
    digest = await merge_digests(MergeDigests((float_model.model, calibration.digest)))
    result = await run_program(
        RunProgramRequest.create(
            convert.address,
            QuantizeRequest(
                model=MODEL_FILE,
                mode=quantization.mode,
                recipe=quantization.recipe_entries,
                input_type=quantization.input_type,
                output_type=quantization.output_type,
                calibration=calibration.path,
                threads=1,
                per_channel=quantization.per_channel,
            ),
            environment,
            description=f"Quantize {convert.address} with the AI Edge Quantizer",
            input_digest=digest,
        )
    )
    quantized, float_report = await concurrently(
        split_conversion(SplitConversionRequest(result)),
        add_prefix(AddPrefix(float_model.report, FLOAT_DIRECTORY)),
    )
    report = await merge_digests(MergeDigests((quantized.report, float_report)))
    return ConvertedModel(quantized.model, report)


@rule(desc="Convert to TensorFlow Lite")
async def convert_model(request: ConvertModelRequest) -> ConvertedModel:
    if request.quantization.is_ai_edge:
        return await run_quantizer(RunQuantizerRequest(request))
    converted = await run_converter(RunConverterRequest(request))
    ops = request.custom_ops.quantized
    if not request.quantization.has_int8_activations or not ops:
        return converted
    return await quantize_custom_ops(QuantizeCustomOpsRequest(request.address, converted, ops))


def rules():
    return collect_rules()
