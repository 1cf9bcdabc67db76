# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a `tflite_model` is converted from, however it is quantized: its SavedModel, samples, kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants_tflite.compat import collect_rules, concurrently, implicitly, rule
from pants_tflite.custom_ops.host_kernels import HostKernels, HostKernelsRequest, build_host_kernels
from pants_tflite.pipeline.cut import CutModelRequest, cut_model
from pants_tflite.pipeline.export import (
    ExportedSavedModel,
    ObtainSavedModelRequest,
    obtain_saved_model,
)
from pants_tflite.pipeline.fix_shapes import FixModelShapesRequest, fix_model_shapes
from pants_tflite.pipeline.plan import (
    ModelPlan,
    ModelSamples,
    ModelSamplesRequest,
    PlanModelRequest,
    TfLiteModelFieldSet,
    plan_model,
    sample_for_model,
)
from pants_tflite.pipeline.quantization import Quantization
from pants_tflite.sandbox.tflite.conversion_protocol import Cut
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)


@dataclass(frozen=True)
class PrepareModelRequest:
    """Asks for what comes before the conversion of a `tflite_model`, from its SavedModel as it is
    trained or `untrained`. `quantization` takes the place of what its field says."""

    field_set: TfLiteModelFieldSet
    untrained: bool = False
    quantization: Optional[Quantization] = None

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@dataclass(frozen=True)
class PreparedModel:
    """`saved_model` is the part that the target cuts out, with the shapes that it fixes, and
    `signatures` are those to convert; none stand for the default one. `cut` says where it was cut.
    """

    plan: ModelPlan
    samples: ModelSamples
    kernels: HostKernels
    saved_model: ExportedSavedModel
    signatures: tuple[str, ...]
    cut: Optional[Cut] = None


@rule
async def prepare_model(request: PrepareModelRequest) -> PreparedModel:
    field_set = request.field_set
    plan = await plan_model(PlanModelRequest(field_set, request.quantization))
    signatures = tuple(field_set.signatures.value or ())
    # LiteRT is installed while the model trains, rather than after it.
    samples, kernels, exported, _ = await concurrently(
        sample_for_model(ModelSamplesRequest(plan, field_set, request.untrained)),
        build_host_kernels(HostKernelsRequest(plan.custom_ops)),
        obtain_saved_model(
            ObtainSavedModelRequest(plan.saved_model, request.untrained), **implicitly()
        ),
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
    )
    part = await cut_model(
        CutModelRequest(
            address=field_set.address,
            saved_model=exported,
            signatures=signatures,
            plan=plan.cut,
            samples=samples.verification,
        )
    )
    saved_model = await fix_model_shapes(
        FixModelShapesRequest(
            address=field_set.address,
            saved_model=part.saved_model,
            signatures=signatures,
            shapes=plan.input_shapes,
        )
    )
    return PreparedModel(plan, samples, kernels, saved_model, signatures, part.cut)


def rules():
    return collect_rules()
