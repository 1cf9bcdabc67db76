# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A library's models: built, measured with TFLite Micro, and within the limits of its fields."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.contents import check_custom_ops, refuse_select_tf_ops
from pants_tflite.bundles.models import (
    BundleModels,
    BundleModelsRequest,
    PlanBundleRequest,
    build_bundle_models,
    plan_bundle,
)
from pants_tflite.compat import collect_rules, concurrently, implicitly, rule
from pants_tflite.micro.checks import (
    check_arena,
    check_arena_size,
    check_can_count,
    check_flash,
    check_ram,
    check_types,
    check_variants,
    known_methods,
    methods_for,
)
from pants_tflite.micro.compression.models import (
    CompressBundleModelRequest,
    CompressedModel,
    check_something_won,
    check_without_npu,
    compress_bundle_model,
)
from pants_tflite.micro.field_sets import MicroLibraryFieldSet, MicroSettings
from pants_tflite.micro.generated.library import Library, LibraryModel
from pants_tflite.micro.generated.names import check_model_names
from pants_tflite.micro.kernels import MicroKernels, MicroKernelsRequest, find_micro_kernels
from pants_tflite.micro.measuring.measurement import (
    GoldenTolerance,
    MeasuredModels,
    MeasureModelsRequest,
    measure_models,
)
from pants_tflite.micro.measuring.measuring_program import (
    BuildMeasuringProgramRequest,
    MeasuringProgram,
    build_measuring_program,
)
from pants_tflite.micro.npu.models import (
    NpuConfigRequest,
    NpuModel,
    ShipNpuModelRequest,
    find_npu_config,
    has_npu_op,
    ship_npu_model,
)
from pants_tflite.micro.npu.settings import find_accelerator
from pants_tflite.micro.tflm.op_names import CUSTOM_METHODS
from pants_tflite.micro.tflm.tflm_environment import TflmEnvironmentRequest, find_tflm_environment
from pants_tflite.micro.tflm.tflm_tree import TflmTree, TflmTreeRequest, find_tflm_tree
from pants_tflite.sandbox.constants import ETHOS_U

_WITH_TREE = "`tflm` and `cpu` compile the library, and then all of it counts."
_MODELS_ALONE = f"This counts only the models, without code: {_WITH_TREE}"
_ARENA_ALONE = f"That is only the largest model's tensor arena: {_WITH_TREE}"


@dataclass(frozen=True)
class MicroModelsRequest:
    """Asks for a library's models. Its fields are checked before any model is built."""

    field_set: MicroLibraryFieldSet

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@dataclass(frozen=True)
class MicroModels:
    """`measured` is what TFLite Micro found out, `library` what the C++ code says; both in the order
    of `bundle`. `kernels` are those of the models' custom ops, and `npu` has the models for an NPU, by
    name; then `measured` is of the models before Vela. `compressed` says what compression won."""

    bundle: BundleModels
    measured: MeasuredModels
    library: Library
    kernels: MicroKernels
    npu: FrozenDict[str, NpuModel] = FrozenDict()
    compressed: FrozenDict[str, CompressedModel] = FrozenDict()

    @property
    def largest_arena(self) -> int:
        return max(model.arena_size for model in self.library.models)


def file_sizes(bundle: BundleModels) -> dict[str, int]:
    """The bytes of each model, by its name."""
    return {model.name: model.facts.sizes.file for model in bundle.models}


@rule(desc="Build and measure a library's models")
async def build_micro_models(request: MicroModelsRequest) -> MicroModels:
    field_set = request.field_set
    address = field_set.address
    settings = MicroSettings.create(field_set)
    plan = await plan_bundle(PlanBundleRequest(field_set))
    check_model_names(address, [planned.name for planned in plan.models])
    check_variants(address, plan.models)
    refuse_select_tf_ops(
        address, plan.models, why="TensorFlow Lite Micro cannot have TensorFlow's kernels."
    )
    tflm = field_set.tflm
    check_can_count(
        field_set.max_instructions, compiles=bool(settings.cpu and tflm.value is not None)
    )
    accelerator = find_accelerator(field_set.npu_fields)
    method = check_without_npu(field_set.compression, field_set.npu)
    config = await find_npu_config(NpuConfigRequest(field_set.npu_config))
    check_arena_size(
        plan.models,
        has_npu=accelerator is not None,
        arena_size=field_set.arena_size,
        max_arena=field_set.max_arena,
        has_tree=tflm.value is not None,
    )
    ops = {op.name: op for planned in plan.models for op in planned.custom_ops.ops}
    kernels = await find_micro_kernels(MicroKernelsRequest(address, tuple(ops.values())))
    tree: Optional[TflmTree] = None
    # It is read even if no model needs it: a wrong archive must not pass until one does.
    if tflm.value is not None:
        tree = await find_tflm_tree(TflmTreeRequest(tflm, tflm.value))
    # The runtime is installed while models are built, rather than after it.
    bundle, _ = await concurrently(
        build_bundle_models(BundleModelsRequest(field_set)),
        find_tflm_environment(TflmEnvironmentRequest(), **implicitly()),
    )
    compressed: FrozenDict[str, CompressedModel] = FrozenDict()
    if method is not None:
        found = await concurrently(
            compress_bundle_model(CompressBundleModelRequest(field_set.compression, model))
            for model in bundle.models
        )
        check_something_won(field_set.compression, found)
        compressed = FrozenDict({it.model.name: it for it in found})
        bundle = replace(bundle, models=tuple(it.model for it in found))
    if accelerator is None:
        check_flash(
            field_set.max_flash,
            file_sizes(bundle),
            counted=_MODELS_ALONE,
            models=bundle.models,
        )
    check_custom_ops(address, bundle, kernels=(*CUSTOM_METHODS, ETHOS_U, *kernels.names))
    program: Optional[MeasuringProgram] = None
    if ops and tree is not None:
        methods = known_methods(bundle.models, kernels.names)
        program = await build_measuring_program(
            BuildMeasuringProgramRequest(
                address=address, tree=tree, methods=methods, kernels=kernels
            )
        )
    tolerance = GoldenTolerance(steps=settings.golden_tolerance)
    measured = await measure_models(
        MeasureModelsRequest(
            address=address,
            models=bundle,
            margin_percent=settings.arena_margin,
            tolerance=tolerance,
            kernels=kernels.names,
            program=program,
            arena_size=settings.arena_size,
        )
    )
    on_npu = await concurrently(
        ship_npu_model(
            ShipNpuModelRequest(
                address=address,
                model=model,
                accelerator=None if has_npu_op(model) else accelerator,
                config=config.config,
                fields=field_set.npu_fields,
            )
        )
        for model in bundle.models
        if accelerator is not None or has_npu_op(model)
    )
    npu = FrozenDict({it.model.name: it for it in on_npu})
    if npu:
        shipped = tuple(npu[it.name].model if it.name in npu else it for it in bundle.models)
        bundle = replace(bundle, models=shipped)
        check_flash(
            field_set.max_flash,
            file_sizes(bundle),
            counted=_MODELS_ALONE,
            models=bundle.models,
        )
        measured = MeasuredModels(
            tuple(
                replace(it, planned=npu[it.model.name].arena) if it.model.name in npu else it
                for it in measured.models
            )
        )
    arenas = [(it.model.name, it.arena) for it in measured.models]
    check_arena(field_set.max_arena, arenas, bundle.models)
    largest = {"arena": max(arena["bytes"] for _, arena in arenas)}
    check_ram(field_set.max_ram, largest, counted=_ARENA_ALONE)
    check_types(address, bundle.models)
    library = Library(
        name=settings.library,
        models=tuple(
            LibraryModel.create(
                name=model.name, facts=model.facts, labels=model.labels, arena=arena
            )
            for model, (_, arena) in zip(bundle.models, arenas)
        ),
        methods=methods_for(address, bundle.models, kernels.names),
        tolerance_lsb=settings.golden_tolerance,
        shared_arena_size=measured.shared_arena.bytes,
        kernels=kernels.ops,
    )
    return MicroModels(
        bundle=bundle,
        measured=measured,
        library=library,
        kernels=kernels,
        npu=npu,
        compressed=compressed,
    )


def rules():
    return collect_rules()
