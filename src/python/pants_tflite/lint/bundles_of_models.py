# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which bundles take which models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.target import AllTargets, Target
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.fields import BundleModelsField
from pants_tflite.compat import collect_rules, concurrently, rule
from pants_tflite.util_rules.references import ReferencesRequest, find_references


@dataclass(frozen=True)
class BundlesOfModelsRequest:
    """Asks for bundles of the `kinds` of these names, or of all."""

    kinds: Optional[tuple[str, ...]] = None


@dataclass(frozen=True)
class BundlesOfModels:
    """The bundles, in the order of their addresses, by the addresses of their models."""

    by_model: FrozenDict[Address, tuple[Target, ...]]


@rule
async def find_bundles_of_models(
    request: BundlesOfModelsRequest, targets: AllTargets
) -> BundlesOfModels:
    bundles = sorted(
        (
            target
            for target in targets
            if target.has_field(BundleModelsField)
            and (request.kinds is None or target.alias in request.kinds)
        ),
        key=lambda target: target.address,
    )
    references = await concurrently(
        find_references(ReferencesRequest(bundle[BundleModelsField])) for bundle in bundles
    )
    found: dict[Address, list[Target]] = {}
    for bundle, models in zip(bundles, references):
        for address in models.addresses:
            found.setdefault(address, []).append(bundle)
    return BundlesOfModels(FrozenDict({a: tuple(targets) for a, targets in found.items()}))


def rules():
    return collect_rules()
