# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which datasets belong together: those that a model, or a test and its model, names side by side."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.target import AllTargets, Target

from pants_tflite.compat import collect_rules, concurrently, rule
from pants_tflite.target_types import TfLiteDatasetTarget
from pants_tflite.util_rules.dependency_inference import reference_fields
from pants_tflite.util_rules.references import ReferencesRequest, find_references


@dataclass(frozen=True)
class RelatedDatasetsRequest:
    """Asks for the datasets that are used together with the one at `address`."""

    address: Address


@dataclass(frozen=True)
class RelatedDatasets:
    """The `tflite_dataset` targets, sorted by address, without the one that was asked for."""

    targets: tuple[Target, ...]


def _names_datasets(target: Target) -> bool:
    return any(
        TfLiteDatasetTarget.alias in field.target_aliases and field.references
        for field in reference_fields(target)
    )


@rule
async def find_related_datasets(
    request: RelatedDatasetsRequest, all_targets: AllTargets
) -> RelatedDatasets:
    users = [target for target in all_targets if _names_datasets(target)]
    fields = [field for user in users for field in reference_fields(user)]
    found = await concurrently(find_references(ReferencesRequest(field)) for field in fields)
    named: dict[Address, set[Address]] = {user.address: set() for user in users}
    for field, references in zip(fields, found):
        named[field.address].update(references.addresses)
    related: set[Address] = set()
    for addresses in named.values():
        # A test names its model, which names datasets, too.
        group = addresses.union(*(named.get(address, set()) for address in addresses))
        if request.address in group:
            related |= group
    return RelatedDatasets(
        tuple(
            target
            for target in sorted(all_targets, key=lambda target: target.address)
            if target.alias == TfLiteDatasetTarget.alias
            and target.address in related - {request.address}
        )
    )


def rules():
    return collect_rules()
