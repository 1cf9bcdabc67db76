# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A library's models: built, measured with TFLite Micro, and within the limits of its fields."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.rules import Get, collect_rules, rule

from pants_tflite.bundles.contents import check_custom_ops
from pants_tflite.bundles.models import (
    BundleModels,
    BundleModelsRequest,
    BundlePlan,
    PlanBundleRequest,
)
from pants_tflite.micro.checks import check_arena, check_flash, check_types, methods_for
from pants_tflite.micro.field_sets import MicroLibraryFieldSet, MicroSettings
from pants_tflite.micro.library import Library, LibraryModel
from pants_tflite.micro.measurement import GoldenTolerance, MeasuredModels, MeasureModelsRequest
from pants_tflite.micro.names import check_model_names
from pants_tflite.micro.op_names import CUSTOM_METHODS


@dataclass(frozen=True)
class MicroModelsRequest:
    """Asks for a library's models. Its fields are checked before any model is built."""

    field_set: MicroLibraryFieldSet

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@dataclass(frozen=True)
class MicroModels:
    """`measured` is what TFLite Micro found out, `library` what the C++ code says; both in the order
    of `bundle`."""

    bundle: BundleModels
    measured: MeasuredModels
    library: Library


@rule(desc="Build and measure a library's models")
async def build_micro_models(request: MicroModelsRequest) -> MicroModels:
    field_set = request.field_set
    address = field_set.address
    settings = MicroSettings.create(field_set)
    plan = await Get(BundlePlan, PlanBundleRequest(field_set))
    check_model_names(address, [planned.name for planned in plan.models])
    bundle = await Get(BundleModels, BundleModelsRequest(field_set))
    sizes = {model.name: model.facts["sizes"]["file"] for model in bundle.models}
    check_flash(address, field_set.max_flash.value, settings.max_flash, sizes)
    check_custom_ops(address, bundle, kernels=CUSTOM_METHODS)
    tolerance = GoldenTolerance(steps=field_set.golden_tolerance.value)
    measured = await Get(
        MeasuredModels,
        MeasureModelsRequest(address, bundle, field_set.arena_margin.value, tolerance),
    )
    arenas = [(model.model.name, model.arena) for model in measured.models]
    check_arena(address, field_set.max_arena.value, settings.max_arena, arenas)
    check_types(address, bundle.models)
    library = Library(
        settings.library,
        tuple(
            LibraryModel.create(model.name, model.facts, model.labels, arena)
            for model, (_, arena) in zip(bundle.models, arenas)
        ),
        methods_for(address, bundle.models),
        field_set.golden_tolerance.value,
    )
    return MicroModels(bundle, measured, library)


def rules():
    return collect_rules()
