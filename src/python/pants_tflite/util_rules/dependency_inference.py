# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What fields refer to are dependencies, so that `dependencies`, `peek` and `--changed-since` know.

Each field of addresses and each entry point is one inference, over every target that has the field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.target import (
    Dependencies,
    FieldSet,
    InferDependenciesRequest,
    InferredDependencies,
)
from pants.engine.unions import UnionRule

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    implicitly,
    rule,
)
from pants_tflite.custom_ops.target_types import CustomOpRuntimeField, TestedOpField
from pants_tflite.target_types import (
    CalibrationField,
    CustomOpsField,
    EntryPointField,
    InputsField,
    QuantizationField,
    SavedModelField,
    TensorFlowResolveField,
    TfLiteFileSourceField,
    VerifyDatasetField,
)
from pants_tflite.util_rules.entry_points import (
    EntryPointOwnersRequest,
    find_entry_point_owners,
)
from pants_tflite.util_rules.references import (
    ReferenceRequest,
    is_address,
    resolve_reference,
)


@dataclass(frozen=True)
class EntryPointInferenceFieldSet(FieldSet):
    required_fields = (EntryPointField, InputsField, TensorFlowResolveField)

    entry_point: EntryPointField
    inputs: InputsField
    resolve: TensorFlowResolveField
    dependencies: Dependencies


class InferEntryPointDependencies(InferDependenciesRequest):
    infer_from = EntryPointInferenceFieldSet


@dataclass(frozen=True)
class ModelInferenceFieldSet(FieldSet):
    required_fields = (SavedModelField,)

    saved_model: SavedModelField
    quantization: QuantizationField
    calibration: CalibrationField
    custom_ops: CustomOpsField
    verify_dataset: VerifyDatasetField


class InferModelDependencies(InferDependenciesRequest):
    infer_from = ModelInferenceFieldSet


@dataclass(frozen=True)
class ModelFileInferenceFieldSet(FieldSet):
    required_fields = (TfLiteFileSourceField, CustomOpsField, VerifyDatasetField)

    custom_ops: CustomOpsField
    verify_dataset: VerifyDatasetField


class InferModelFileDependencies(InferDependenciesRequest):
    infer_from = ModelFileInferenceFieldSet


@dataclass(frozen=True)
class CustomOpInferenceFieldSet(FieldSet):
    required_fields = (CustomOpRuntimeField,)

    runtime: CustomOpRuntimeField


class InferCustomOpDependencies(InferDependenciesRequest):
    infer_from = CustomOpInferenceFieldSet


@dataclass(frozen=True)
class TestedOpInferenceFieldSet(FieldSet):
    required_fields = (TestedOpField,)

    custom_op: TestedOpField


class InferTestedOp(InferDependenciesRequest):
    infer_from = TestedOpInferenceFieldSet


def _custom_op_values(field: CustomOpsField) -> tuple[tuple[str, Optional[str]], ...]:
    """The addresses among the `custom_ops`; a bare name refers to nothing."""
    return tuple((field.alias, value) for value in field.value or () if is_address(value))


@dataclass(frozen=True)
class ReferencesRequest:
    """Asks for the addresses that several fields of one target name; fields without one are None."""

    address: Address
    values: tuple[tuple[str, Optional[str]], ...]


@rule
async def find_references(request: ReferencesRequest) -> InferredDependencies:
    references = await concurrently(
        resolve_reference(ReferenceRequest(request.address, field, value))
        for field, value in request.values
        if value is not None
    )
    return InferredDependencies(reference.target.address for reference in references)


@rule(desc="Inferring dependencies from `entry_point` and `inputs`")
async def infer_entry_point_dependencies(
    request: InferEntryPointDependencies,
) -> InferredDependencies:
    field_set = request.field_set
    inputs = sorted((field_set.inputs.value or {}).values())
    owners, references = await concurrently(
        find_entry_point_owners(
            EntryPointOwnersRequest(
                field_set.address,
                field_set.entry_point,
                field_set.resolve,
                field_set.dependencies,
            ),
            **implicitly(),
        ),
        find_references(
            ReferencesRequest(
                field_set.address, tuple((InputsField.alias, value) for value in inputs)
            )
        ),
    )
    return InferredDependencies((*owners.owners, *references.include))


@rule(desc="Inferring dependencies from the fields of `tflite_model`")
async def infer_model_dependencies(request: InferModelDependencies) -> InferredDependencies:
    field_set = request.field_set
    fields = (field_set.saved_model, field_set.calibration, field_set.verify_dataset)
    values = [(field.alias, field.value) for field in fields]
    values.extend(_custom_op_values(field_set.custom_ops))
    quantization = field_set.quantization
    if is_address(quantization.value or ""):
        values.append((quantization.alias, quantization.value))
    return await find_references(ReferencesRequest(field_set.address, tuple(values)))


@rule(desc="Inferring dependencies from the fields of `tflite_file`")
async def infer_model_file_dependencies(
    request: InferModelFileDependencies,
) -> InferredDependencies:
    field = request.field_set.verify_dataset
    values = ((field.alias, field.value), *_custom_op_values(request.field_set.custom_ops))
    return await find_references(ReferencesRequest(request.field_set.address, values))


@rule(desc="Inferring dependencies from the fields of `tflite_custom_op_test`")
async def infer_tested_op(request: InferTestedOp) -> InferredDependencies:
    field = request.field_set.custom_op
    return await find_references(
        ReferencesRequest(request.field_set.address, ((field.alias, field.value),))
    )


@rule(desc="Inferring dependencies from the fields of `tflite_custom_op`")
async def infer_custom_op_dependencies(request: InferCustomOpDependencies) -> InferredDependencies:
    field = request.field_set.runtime
    return await find_references(
        ReferencesRequest(request.field_set.address, ((field.alias, field.value),))
    )


def rules():
    return (
        *collect_rules(),
        UnionRule(InferDependenciesRequest, InferCustomOpDependencies),
        UnionRule(InferDependenciesRequest, InferEntryPointDependencies),
        UnionRule(InferDependenciesRequest, InferModelDependencies),
        UnionRule(InferDependenciesRequest, InferModelFileDependencies),
        UnionRule(InferDependenciesRequest, InferTestedOp),
    )
