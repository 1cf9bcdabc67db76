# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A `tflite_model`'s fields, resolved and checked before anything is built; then its samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.core.goals.package import OutputPathField
from pants.util.frozendict import FrozenDict

from pants_tflite.compat import EnvironmentField, collect_rules, concurrently, rule
from pants_tflite.custom_ops.declarations import (
    CustomOps,
    ResolveCustomOpsRequest,
    resolve_custom_ops,
)
from pants_tflite.errors import Mistake
from pants_tflite.fields import AddressField, Shape
from pants_tflite.pipeline.dataset import (
    DatasetReferenceRequest,
    SampledDataset,
    sample_referenced_dataset,
)
from pants_tflite.pipeline.export import (
    SavedModelReference,
    SavedModelReferenceRequest,
    find_saved_model,
)
from pants_tflite.pipeline.metadata import (
    ResolvedMetadata,
    ResolveMetadataRequest,
    resolve_metadata,
)
from pants_tflite.pipeline.quantization import (
    Quantization,
    ResolveQuantizationRequest,
    resolve_quantization,
)
from pants_tflite.pipeline.verify import Samples
from pants_tflite.target_types import (
    CalibrationField,
    CustomOpsField,
    CutInputsField,
    CutOutputsField,
    InputShapesField,
    MetadataField,
    QuantizationField,
    SavedModelField,
    SelectTfOpsField,
    SignaturesField,
    SkipVerificationField,
    VerifyDatasetField,
    VerifySamplesField,
    VerifyToleranceField,
)
from pants_tflite.util_rules.inputs import InputFieldSet

DESCRIPTION_FILE = "model.json"


@dataclass(frozen=True)
class TfLiteModelFieldSet(InputFieldSet):
    required_fields = (SavedModelField, QuantizationField)

    saved_model: SavedModelField
    quantization: QuantizationField
    calibration: CalibrationField
    custom_ops: CustomOpsField
    cut_inputs: CutInputsField
    cut_outputs: CutOutputsField
    input_shapes: InputShapesField
    select_tf_ops: SelectTfOpsField
    signatures: SignaturesField
    model_metadata: MetadataField
    verify_dataset: VerifyDatasetField
    verify_samples: VerifySamplesField
    verify_tolerance: VerifyToleranceField
    skip_verification: SkipVerificationField
    output_path: OutputPathField
    environment: EnvironmentField


@dataclass(frozen=True)
class CutPlan:
    """The names of tensors or layers that are to be a model's inputs and outputs; where there are none
    the SavedModel's own stay."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class ModelPlan:
    """A `tflite_model`'s fields, resolved and checked against each other, before anything runs."""

    saved_model: SavedModelReference
    quantization: Quantization
    calibration: Optional[AddressField]
    # The field whose dataset verifies the model; None if its samples are made up.
    verification: Optional[AddressField]
    custom_ops: CustomOps
    metadata: ResolvedMetadata
    # What is to be fixed of the inputs' shapes.
    input_shapes: FrozenDict[str, Shape]
    # Where the SavedModel is cut, if it is.
    cut: Optional[CutPlan] = None


@dataclass(frozen=True)
class PlanModelRequest:
    """Asks for the plan of a model, quantized as its field says or, if given, in another way."""

    field_set: TfLiteModelFieldSet
    quantization: Optional[Quantization] = None


@dataclass(frozen=True)
class ModelSamplesRequest:
    """Asks for a model's samples, from `untrained` models if a dataset takes models."""

    plan: ModelPlan
    field_set: TfLiteModelFieldSet
    untrained: bool = False


@dataclass(frozen=True)
class ModelSamples:
    calibration: Optional[SampledDataset]
    verification: Samples


@rule
async def plan_model(request: PlanModelRequest) -> ModelPlan:
    field_set = request.field_set
    field_set.verify_tolerance.check()
    field_set.verify_samples.check()
    input_shapes = field_set.input_shapes.checked
    cut = _plan_cut(field_set)
    saved_model, own_quantization, custom_ops, metadata = await concurrently(
        find_saved_model(SavedModelReferenceRequest(field_set.saved_model)),
        resolve_quantization(ResolveQuantizationRequest(field_set.quantization)),
        resolve_custom_ops(ResolveCustomOpsRequest(field_set.custom_ops)),
        resolve_metadata(ResolveMetadataRequest(field_set.model_metadata)),
    )
    quantization = request.quantization or own_quantization
    calibration = field_set.calibration.value
    if quantization.calibrates and calibration is None:
        raise Mistake.of(
            field_set.calibration,
            message=f"the mode {quantization.mode} needs samples to take the ranges from",
            fix=(
                'Declare a `tflite_dataset` and name it, as in `calibration=":calibration"`; some '
                "100 typical samples will do. Only a model that was trained with fake quantization "
                'needs none: `tflite_quantization(mode="int8", quantization_aware=True)`.'
            ),
        )
    has_own = field_set.verify_dataset.value is not None
    verification = field_set.verify_dataset if has_own else field_set.calibration
    return ModelPlan(
        saved_model,
        quantization,
        calibration=(
            field_set.calibration
            if calibration is not None and quantization.may_calibrate
            else None
        ),
        verification=verification if verification.value is not None else None,
        custom_ops=custom_ops,
        metadata=metadata,
        input_shapes=input_shapes,
        cut=cut,
    )


def _plan_cut(field_set: TfLiteModelFieldSet) -> Optional[CutPlan]:
    cut = CutPlan(field_set.cut_inputs.checked, field_set.cut_outputs.checked)
    if not cut.inputs and not cut.outputs:
        return None
    if len(set(field_set.signatures.value or ())) > 1:
        raise Mistake.of(
            field_set.cut_outputs if cut.outputs else field_set.cut_inputs,
            message="a part is cut out of one signature, and `signatures` names several",
            fix="Name one of them, and declare a `tflite_model` for each.",
        )
    return cut


@rule
async def sample_for_model(request: ModelSamplesRequest) -> ModelSamples:
    plan = request.plan
    fields = [field for field in (plan.calibration, plan.verification) if field is not None]
    datasets = await concurrently(
        sample_referenced_dataset(DatasetReferenceRequest(field, request.untrained))
        for field in fields
    )
    by_field: dict[Optional[AddressField], SampledDataset] = dict(zip(fields, datasets))
    verify_field = plan.verification or request.field_set.verify_dataset
    return ModelSamples(
        calibration=by_field.get(plan.calibration),
        verification=Samples(
            by_field.get(plan.verification),
            verify_field.alias,
            request.field_set.verify_samples.checked,
        ),
    )


def rules():
    return collect_rules()
