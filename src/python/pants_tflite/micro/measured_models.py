# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A library's models: built, checked, measured with TFLite Micro, and within the field's limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pants.engine.rules import Get, MultiGet, collect_rules, rule

from pants_tflite.bundles.contents import check_custom_ops
from pants_tflite.bundles.models import (
    BundleModels,
    BundleModelsRequest,
    BundlePlan,
    PlanBundleRequest,
)
from pants_tflite.micro.checks import check_arena, check_flash, check_ops
from pants_tflite.micro.field_sets import MicroLibraryFieldSet, MicroSettings
from pants_tflite.micro.measurement import MeasuredModel, MeasureModelRequest
from pants_tflite.micro.names import check_model_names
from pants_tflite.micro.op_names import CUSTOM_METHODS


@dataclass(frozen=True)
class MeasureModelsRequest:
    """Asks for a library's models. Its fields are checked before any model is built."""

    field_set: MicroLibraryFieldSet

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@dataclass(frozen=True)
class MeasuredModels:
    """`measured` is what TFLite Micro found out, in the order of `models`."""

    models: BundleModels
    measured: tuple[MeasuredModel, ...]

    @property
    def arenas(self) -> list[dict[str, Any]]:
        return [measured.arena for measured in self.measured]


@rule(desc="Measure a library's models")
async def measure_models(request: MeasureModelsRequest) -> MeasuredModels:
    field_set = request.field_set
    address = field_set.address
    settings = MicroSettings.create(field_set)
    plan = await Get(BundlePlan, PlanBundleRequest(field_set))
    check_model_names(address, [planned.name for planned in plan.models])
    bundle = await Get(BundleModels, BundleModelsRequest(field_set))
    models = bundle.models
    check_ops(address, models)
    check_custom_ops(address, bundle, kernels=CUSTOM_METHODS)
    check_flash(
        address,
        field_set.max_flash.value,
        settings.max_flash,
        {model.name: model.facts["sizes"]["file"] for model in models},
    )
    measured = await MultiGet(
        Get(MeasuredModel, MeasureModelRequest(address, model, field_set.arena_margin.value))
        for model in models
    )
    result = MeasuredModels(bundle, measured)
    names = [model.name for model in models]
    check_arena(
        address, field_set.max_arena.value, settings.max_arena, list(zip(names, result.arenas))
    )
    return result


def rules():
    return collect_rules()
