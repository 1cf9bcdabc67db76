# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Where the error of a quantized model comes from: every tensor against the float model's."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, Digest, DigestSubset, MergeDigests, PathGlobs

from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.custom_ops.host_kernels import HostKernels, HostKernelsRequest, build_host_kernels
from pants_tflite.errors import Mistake
from pants_tflite.pipeline.build import BuildModelRequest, build_model
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.dataset import StageDatasetRequest, stage_dataset
from pants_tflite.pipeline.plan import (
    ModelSamplesRequest,
    PlanModelRequest,
    TfLiteModelFieldSet,
    plan_model,
    sample_for_model,
)
from pants_tflite.pipeline.verify import SEED, Samples
from pants_tflite.sandbox.evaluation.find_layer_errors_protocol import (
    LayerErrorReport,
    LayerErrorsRequest,
)
from pants_tflite.sandbox.modes import DEFAULT_MODE
from pants_tflite.target_types import QuantizationField
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program

_FLOAT_DIRECTORY = "__float__"


@dataclass(frozen=True)
class CompareLayersRequest:
    """Asks how far the tensors of a model are from those of its float model. Both digests hold a
    `model.tflite`, among other files."""

    address: Address
    model: Digest
    float_model: Digest
    samples: Samples
    kernels: HostKernels = HostKernels()


@dataclass(frozen=True)
class FindLayerErrorsRequest:
    """Asks the same of a quantized `tflite_model`, on the samples that verify it."""

    field_set: TfLiteModelFieldSet

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@dataclass(frozen=True)
class LayerErrors:
    """`digest` holds `layer_errors.json`, the `report`."""

    digest: Digest
    report: LayerErrorReport


@dataclass(frozen=True)
class ModelFileRequest:
    """Asks for the `model.tflite` of a digest alone, in a `directory` if one is given: what reads it
    depends only on its bytes."""

    digest: Digest
    directory: Optional[str] = None


@dataclass(frozen=True)
class ModelFile:
    digest: Digest
    path: str


@rule
async def pick_model_file(request: ModelFileRequest) -> ModelFile:
    digest = await digest_subset_to_digest(DigestSubset(request.digest, PathGlobs((MODEL_FILE,))))
    if request.directory is None:
        return ModelFile(digest, MODEL_FILE)
    digest = await add_prefix(AddPrefix(digest, request.directory))
    return ModelFile(digest, os.path.join(request.directory, MODEL_FILE))


@rule
async def compare_layers(request: CompareLayersRequest) -> LayerErrors:
    model, float_model, staged, environment = await concurrently(
        pick_model_file(ModelFileRequest(request.model)),
        pick_model_file(ModelFileRequest(request.float_model, _FLOAT_DIRECTORY)),
        stage_dataset(StageDatasetRequest(request.samples.dataset)),
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
    )
    digest = await merge_digests(
        MergeDigests((model.digest, float_model.digest, staged.digest, request.kernels.digest))
    )
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            LayerErrorsRequest(
                model=model.path,
                float_model=float_model.path,
                dataset=staged.path,
                dataset_field=request.samples.field,
                kernels=request.kernels.kernels,
                max_samples=request.samples.count,
                seed=SEED,
            ),
            environment,
            description=f"Find the ops that make the error of {request.address}",
            input_digest=digest,
        )
    )
    report = find_report(await get_digest_contents(result.digest), LayerErrorReport)
    return LayerErrors(result.digest, report)


@rule(desc="Find the layers that make the error of a model")
async def find_layer_errors(request: FindLayerErrorsRequest) -> LayerErrors:
    field_set = request.field_set
    plan = await plan_model(PlanModelRequest(field_set))
    if plan.quantization.mode == DEFAULT_MODE and not plan.quantization.may_calibrate:
        raise Mistake.of(
            field_set.quantization,
            message="this is the float model itself, which quantized models are compared with",
            fix="Ask for the layers of a quantized variant.",
        )
    float_field = QuantizationField(DEFAULT_MODE, field_set.address)
    built, float_built, samples, kernels = await concurrently(
        build_model(BuildModelRequest(field_set)),
        build_model(BuildModelRequest(replace(field_set, quantization=float_field))),
        sample_for_model(ModelSamplesRequest(plan, field_set)),
        build_host_kernels(HostKernelsRequest(plan.custom_ops)),
    )
    return await compare_layers(
        CompareLayersRequest(
            address=field_set.address,
            model=built.digest,
            float_model=float_built.digest,
            samples=samples.verification,
            kernels=kernels,
        )
    )


def rules():
    return collect_rules()
