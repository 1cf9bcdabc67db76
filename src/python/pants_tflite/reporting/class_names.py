# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the classes of a model are called, as the bundles that carry it say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

from pants.engine.addresses import Address
from pants.engine.target import AllTargets, Target

from pants_tflite.bundles.fields import (
    BundleLabelsField,
    BundleModelNamesField,
    BundleModelsField,
)
from pants_tflite.bundles.models import name_in_bundle
from pants_tflite.compat import collect_rules, concurrently, rule
from pants_tflite.pipeline.label_files import Labels, LabelsRequest, read_labels
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference


@dataclass(frozen=True)
class ClassNamesRequest:
    """Asks for the labels of any of these models: they are forms of one model."""

    models: tuple[Address, ...]


@dataclass(frozen=True)
class LabeledModelsRequest:
    """Asks which models a bundle has labels for."""

    bundle: Target


@dataclass(frozen=True)
class LabeledModels:
    """The models' addresses, each with the entry of the field `labels` that is for it."""

    labels: tuple[tuple[Address, str], ...]


@rule
async def find_labeled_models(request: LabeledModelsRequest) -> LabeledModels:
    models = request.bundle[BundleModelsField]
    values = tuple(models.value or ())
    references = await concurrently(
        resolve_reference(ReferenceRequest(models, value)) for value in values
    )
    names: Mapping[str, str] = request.bundle[BundleModelNamesField].value or {}
    labels: Mapping[str, str] = request.bundle[BundleLabelsField].value or {}
    found = []
    for value, reference in zip(values, references):
        target = reference.target
        name = name_in_bundle(value, target, names)
        if name in labels:
            found.append((target.address, labels[name]))
    return LabeledModels(tuple(found))


@rule(desc="Find the names of classes")
async def find_class_names(request: ClassNamesRequest, all_targets: AllTargets) -> Labels:
    bundles = [
        target
        for target in sorted(all_targets, key=lambda target: target.address)
        if target.has_field(BundleModelsField) and target.get(BundleLabelsField).value
    ]
    labeled = await concurrently(
        find_labeled_models(LabeledModelsRequest(bundle)) for bundle in bundles
    )
    for bundle, models in zip(bundles, labeled):
        for address, value in models.labels:
            if address in request.models:
                return await read_labels(LabelsRequest(bundle[BundleLabelsField], value))
    return Labels()


def rules():
    return collect_rules()
