# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which targets are declared not to yield the same bytes each time, among those that others are made of."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.target import TransitiveTargetsRequest

from pants_tflite.compat import collect_rules, implicitly, rule, transitive_targets
from pants_tflite.sandbox.tflite.manifest_protocol import DeclaredDifference
from pants_tflite.target_types import NondeterministicField


@dataclass(frozen=True)
class DeclaredDifferencesRequest:
    """Asks for those among the targets at `addresses` and all that they depend on, at any distance."""

    addresses: tuple[Address, ...]


@dataclass(frozen=True)
class DeclaredDifferences:
    """Sorted by address."""

    declared: tuple[DeclaredDifference, ...]


@rule
async def find_declared_differences(request: DeclaredDifferencesRequest) -> DeclaredDifferences:
    """Raises if a reason is empty."""
    transitive = await transitive_targets(
        TransitiveTargetsRequest(request.addresses), **implicitly()
    )
    found = []
    for target in sorted(transitive.closure, key=lambda target: target.address):
        if target.has_field(NondeterministicField):
            reason = target[NondeterministicField].checked
            if reason is not None:
                found.append(DeclaredDifference(str(target.address), reason))
    return DeclaredDifferences(tuple(found))


def rules():
    return collect_rules()
