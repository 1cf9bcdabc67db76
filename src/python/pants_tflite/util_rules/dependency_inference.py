# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Infers dependencies from fields, so that `dependencies`, `peek` and `--changed-since` know them.

One inference is for all fields with addresses, on any target; another is for all that name functions.
"""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.target import (
    Dependencies,
    FieldSet,
    InferDependenciesRequest,
    InferredDependencies,
    Target,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule

from pants_tflite.compat import collect_rules, concurrently, implicitly, resolve_target, rule
from pants_tflite.fields import FunctionField, ReferencesMixin
from pants_tflite.target_types import TensorFlowResolveField
from pants_tflite.util_rules.entry_points import EntryPointOwnersRequest, find_entry_point_owners
from pants_tflite.util_rules.references import ReferencesRequest, find_references


def reference_fields(target: Target) -> tuple[ReferencesMixin, ...]:
    """The fields of `target` that name other targets."""
    fields = target.field_values.values()
    return tuple(field for field in fields if isinstance(field, ReferencesMixin))


@dataclass(frozen=True)
class ReferencesInferenceFieldSet(FieldSet):
    """Any target with a field of addresses; the rule finds out which fields these are."""

    required_fields = (Dependencies,)

    @classmethod
    def opt_out(cls, target: Target) -> bool:
        return not reference_fields(target)


class InferReferences(InferDependenciesRequest):
    infer_from = ReferencesInferenceFieldSet


def function_fields(target: Target) -> tuple[FunctionField, ...]:
    """The fields of `target` that name functions."""
    return tuple(
        field
        for field in target.field_values.values()
        if isinstance(field, FunctionField) and field.names_function
    )


@dataclass(frozen=True)
class FunctionInferenceFieldSet(FieldSet):
    """Any target with a field that names a function; the rule finds out which fields these are."""

    required_fields = (Dependencies, TensorFlowResolveField)

    resolve: TensorFlowResolveField
    dependencies: Dependencies

    @classmethod
    def opt_out(cls, target: Target) -> bool:
        return not function_fields(target)


class InferFunctionDependencies(InferDependenciesRequest):
    infer_from = FunctionInferenceFieldSet


@rule(desc="Inferring dependencies from fields of addresses")
async def infer_references(request: InferReferences) -> InferredDependencies:
    wrapped = await resolve_target(
        WrappedTargetRequest(
            request.field_set.address, description_of_origin="the inference of dependencies"
        ),
        **implicitly(),
    )
    references = await concurrently(
        find_references(ReferencesRequest(field)) for field in reference_fields(wrapped.target)
    )
    return InferredDependencies(
        address for of_field in references for address in of_field.addresses
    )


@rule(desc="Inferring dependencies from fields of functions")
async def infer_function_dependencies(
    request: InferFunctionDependencies,
) -> InferredDependencies:
    field_set = request.field_set
    wrapped = await resolve_target(
        WrappedTargetRequest(
            field_set.address, description_of_origin="the inference of dependencies"
        ),
        **implicitly(),
    )
    found = await concurrently(
        find_entry_point_owners(
            EntryPointOwnersRequest(
                address=field_set.address,
                entry_point=field,
                resolve=field_set.resolve,
                dependencies=field_set.dependencies,
            ),
            **implicitly(),
        )
        for field in function_fields(wrapped.target)
    )
    return InferredDependencies(owner for of_field in found for owner in of_field.owners)


def rules():
    return (
        *collect_rules(),
        UnionRule(InferDependenciesRequest, InferFunctionDependencies),
        UnionRule(InferDependenciesRequest, InferReferences),
    )
