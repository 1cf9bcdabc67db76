# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Fixing the shapes of a `.tflite` file's inputs, for a `tflite_file` that asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import Digest, MergeDigests
from pants.util.frozendict import FrozenDict

from pants_tflite.compat import collect_rules, concurrently, implicitly, merge_digests, rule
from pants_tflite.custom_ops.declarations import CustomOps
from pants_tflite.custom_ops.host_kernels import HostKernelsRequest, build_host_kernels
from pants_tflite.fields import Shape
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.dataset import StageDatasetRequest, stage_dataset
from pants_tflite.pipeline.verify import SEED, Samples
from pants_tflite.sandbox.verification.fix_file_shapes_protocol import FixFileShapesRequest
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program


@dataclass(frozen=True)
class FixModelFileShapesRequest:
    """Asks for `model.tflite`, the one file of `model`, with inputs of these shapes, by name. It is
    compared before and after on the `samples`, but for the signatures in `skip`."""

    address: Address
    model: Digest
    shapes: FrozenDict[str, Shape]
    samples: Samples
    custom_ops: CustomOps
    skip: tuple[str, ...]


@dataclass(frozen=True)
class FixedModelFile:
    digest: Digest


@rule(desc="Fix the shapes of a model file")
async def fix_model_file_shapes(request: FixModelFileShapesRequest) -> FixedModelFile:
    if not request.shapes:
        return FixedModelFile(request.model)
    samples = request.samples
    environment, staged, kernels = await concurrently(
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
        stage_dataset(StageDatasetRequest(samples.dataset)),
        build_host_kernels(HostKernelsRequest(request.custom_ops)),
    )
    digest = await merge_digests(MergeDigests((request.model, staged.digest, kernels.digest)))
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            FixFileShapesRequest(
                model=MODEL_FILE,
                shapes=request.shapes,
                dataset=staged.path,
                dataset_field=samples.field,
                kernels=kernels.kernels,
                max_samples=samples.count,
                seed=SEED,
                skip=request.skip,
            ),
            environment,
            description=f"Fix the shapes of {request.address}",
            input_digest=digest,
        )
    )
    return FixedModelFile(result.digest)


def rules():
    return collect_rules()
