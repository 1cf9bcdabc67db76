# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which bundles take models to microcontrollers."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.target import AllTargets
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.fields import BundleModelsField
from pants_tflite.compat import collect_rules, concurrently, rule
from pants_tflite.util_rules.references import ReferencesRequest, find_references

# Their memory is planned before they run.
_MICRO_BUNDLES = ("tflite_micro_library",)


@dataclass(frozen=True)
class MicroBundlesRequest:
    """Asks which bundles take which models to microcontrollers."""


@dataclass(frozen=True)
class MicroBundles:
    """The addresses of bundles, by the addresses of their models."""

    by_model: FrozenDict[Address, tuple[str, ...]]


@rule
async def find_micro_bundles(request: MicroBundlesRequest, targets: AllTargets) -> MicroBundles:
    bundles = [
        target
        for target in targets
        if target.alias in _MICRO_BUNDLES and target.has_field(BundleModelsField)
    ]
    references = await concurrently(
        find_references(ReferencesRequest(bundle[BundleModelsField])) for bundle in bundles
    )
    found: dict[Address, list[str]] = {}
    for bundle, models in zip(bundles, references):
        for address in models.addresses:
            found.setdefault(address, []).append(str(bundle.address))
    return MicroBundles(FrozenDict({a: tuple(sorted(names)) for a, names in found.items()}))


def rules():
    return collect_rules()
