# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What fields refer to are dependencies, so that `dependencies`, `peek` and `--changed-since` know.

One inference is for all fields of addresses, whichever target has them; another is for entry points.
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
from pants_tflite.fields import ReferencesMixin
from pants_tflite.target_types import EntryPointField, TensorFlowResolveField
from pants_tflite.util_rules.entry_points import EntryPointOwnersRequest, find_entry_point_owners
from pants_tflite.util_rules.references import ReferencesRequest, find_references


def reference_fields(target: Target) -> tuple[ReferencesMixin, ...]:
    """The fields of `target` that name other targets."""
    fields = target.field_values.values()
    return tuple(field for field in fields if isinstance(field, ReferencesMixin))


@dataclass(frozen=True)
class ReferencesInferenceFieldSet(FieldSet):
    """Any target with a field of addresses: which fields they are, the rule finds out."""

    required_fields = (Dependencies,)

    @classmethod
    def opt_out(cls, target: Target) -> bool:
        return not reference_fields(target)


class InferReferences(InferDependenciesRequest):
    infer_from = ReferencesInferenceFieldSet


@dataclass(frozen=True)
class EntryPointInferenceFieldSet(FieldSet):
    required_fields = (EntryPointField, TensorFlowResolveField)

    entry_point: EntryPointField
    resolve: TensorFlowResolveField
    dependencies: Dependencies


class InferEntryPointDependencies(InferDependenciesRequest):
    infer_from = EntryPointInferenceFieldSet


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


@rule(desc="Inferring dependencies from `entry_point`")
async def infer_entry_point_dependencies(
    request: InferEntryPointDependencies,
) -> InferredDependencies:
    field_set = request.field_set
    owners = await find_entry_point_owners(
        EntryPointOwnersRequest(
            address=field_set.address,
            entry_point=field_set.entry_point,
            resolve=field_set.resolve,
            dependencies=field_set.dependencies,
        ),
        **implicitly(),
    )
    return InferredDependencies(owners.owners)


def rules():
    return (
        *collect_rules(),
        UnionRule(InferDependenciesRequest, InferEntryPointDependencies),
        UnionRule(InferDependenciesRequest, InferReferences),
    )
