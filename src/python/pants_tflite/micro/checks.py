# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Checks of what a bundle's models must be, and how much they may use, on a microcontroller."""

from __future__ import annotations

from typing import Any, Collection, Mapping, Sequence

from pants.engine.addresses import Address

from pants_tflite.bundles.fields import BundleModelsField
from pants_tflite.bundles.models import BundleModel, PlannedModel
from pants_tflite.custom_ops.target_types import MicroDependenciesField
from pants_tflite.errors import Mistake
from pants_tflite.micro.target_types import (
    MicroArenaSizeField,
    MicroCpuField,
    MicroMaxArenaField,
    MicroMaxFlashField,
    MicroMaxInstructionsField,
    MicroMaxRamField,
    MicroTflmField,
)
from pants_tflite.micro.tflm.op_names import method_of
from pants_tflite.sandbox.constants import ETHOS_U
from pants_tflite.sandbox.cpp_types import CPP_TYPES
from pants_tflite.sandbox.modes import SMALLEST_MODE
from pants_tflite.sandbox.tflite.inspect_model_protocol import ModelOp
from pants_tflite.sizes import SizeField, format_size


def check_types(address: Address, models: Sequence[BundleModel]) -> None:
    """Raises if an application could not fill an input or read an output; lists all of them."""
    wrong = [
        f"\n- {model.name} ({model.address}): the {kind} {name} is {tensor.dtype}"
        for model in models
        for kind, named in (
            ("input", model.facts.named_inputs),
            ("output", model.facts.named_outputs),
        )
        for name, tensor in named
        if tensor.dtype not in CPP_TYPES
    ]
    if wrong:
        raise Mistake(
            message=f"there is no C++ type for some inputs or outputs:{''.join(wrong)}",
            fix=f"Make them one of {', '.join(CPP_TYPES)}, or leave the models out.",
            field=BundleModelsField.alias,
        ).at(address)


def check_variants(address: Address, models: Sequence[PlannedModel]) -> None:
    """Raises if a model's custom op has no kernel for microcontrollers; lists all of them."""
    lacking = [
        f"\n- {model.name} ({model.target.address}): {op.name}, {op.address}"
        for model in models
        for op in model.custom_ops.ops
        if not op.has_micro
    ]
    if lacking:
        raise Mistake(
            message=(
                "some custom ops of its models have no kernel for TensorFlow Lite Micro:"
                f"{''.join(lacking)}"
            ),
            fix=(
                "Write a variant of the kernel whose registration returns a "
                "`const TFLMRegistration *`, and name its sources in the custom op's "
                f"`{MicroDependenciesField.alias}`; or leave the models out."
            ),
            field=BundleModelsField.alias,
        ).at(address)


def check_arena_size(
    models: Sequence[PlannedModel],
    *,
    arena_size: MicroArenaSizeField,
    max_arena: MicroMaxArenaField,
    has_tree: bool,
    has_npu: bool = False,
) -> None:
    """Raises if the arena of models with custom ops can neither be measured nor is given, or both."""
    names = [model.name for model in models if model.custom_ops.ops]
    has_npu = has_npu or any(ETHOS_U in model.custom_ops.names for model in models)
    size, limit = arena_size.bytes, max_arena.bytes
    if size is None:
        if names and not has_tree:
            raise Mistake.of(
                arena_size,
                message=(
                    f"the tensor arena of {', '.join(names)} cannot be measured: TFLite Micro's "
                    "wheel cannot load the kernels of custom ops, and there is no TFLite Micro tree "
                    "to compile them with"
                ),
                fix=(
                    f"Name a tree in `{MicroTflmField.alias}`, or say the arena's size, as in "
                    f'`{arena_size.alias}="8KiB"`; the library\'s self-test prints what the device uses.'
                ),
            )
        return
    message, fix = "", ""
    if limit is not None and size > limit:
        message = f"that is {format_size(size - limit)} more than `{max_arena.alias}`"
        fix = "Give the one that is right in both."
    elif has_npu:
        return
    elif not names:
        message = "its models have no custom ops with kernels, so that their arenas are measured"
        fix = "Leave the field out."
    elif has_tree:
        message = f"the arena is measured, with the tree that `{MicroTflmField.alias}` names"
        fix = f"Leave the field out; `{max_arena.alias}` limits what may be measured."
    if message:
        raise Mistake.of(arena_size, message=message, fix=fix)


def known_methods(models: Sequence[BundleModel], kernels: Collection[str] = ()) -> tuple[str, ...]:
    """The methods that add the ops of models to a resolver, each once, as far as they are known.

    The custom ops in `kernels` are added by their registrations instead.
    """
    ops = [op for model in models for op in _ops(model, kernels)]
    return tuple(sorted({method for op in ops if (method := method_of(op))}))


def _ops(model: BundleModel, kernels: Collection[str]) -> list[ModelOp]:
    return [op for op in model.facts.ops if op.count and not (op.custom and op.name in kernels)]


def methods_for(
    address: Address, models: Sequence[BundleModel], kernels: Collection[str] = ()
) -> tuple[str, ...]:
    """The methods that add the ops of models to a resolver.

    Raises if TFLite Micro runs an op that this backend cannot add; lists all of them.
    """
    ops = [(model, op) for model in models for op in _ops(model, kernels)]
    unknown = [
        f"\n- {model.name} ({model.address}): {op.name}"
        for model, op in ops
        if method_of(op) is None
    ]
    if unknown:
        raise Mistake(
            message=f"no method of TFLite Micro's op resolver is known for some ops:{''.join(unknown)}",
            fix="Leave these models out of the bundle; the TFLite Micro of `[tflm]` may be too new.",
            field=BundleModelsField.alias,
        ).at(address)
    return known_methods(models, kernels)


def _is_smallest(model: BundleModel) -> bool:
    """Whether another mode of this backend would not make it smaller; a file has no such field."""
    quantization = model.facts.quantization
    return quantization is None or quantization.mode == SMALLEST_MODE


def check_arena(
    field: MicroMaxArenaField,
    arenas: Sequence[tuple[str, Mapping[str, Any]]],
    models: Sequence[BundleModel] = (),
) -> None:
    """Raises if a model needs more than the field allows. `models` are those of the arenas."""
    smallest = {model.name for model in models if _is_smallest(model)}
    limit = field.bytes
    for name, arena in arenas:
        if limit is not None and arena["bytes"] > limit:
            tensor = arena["largest_tensor"]
            source = f"{format_size(arena['smallest'])} measured"
            if arena["smallest"] is None:
                source = f"{format_size(arena['planned_tensors'])} of tensors as Vela planned them, at most "
                source += f"{format_size(arena['planned_runtime'])} of TFLite Micro's tables"
            raise Mistake.of(
                field,
                message=(
                    f"the tensor arena of {name} takes {format_size(arena['bytes'])}, which is "
                    f"{format_size(arena['bytes'] - limit)} too many: {source} "
                    f"and {arena['margin_percent']} % of margin. Its largest tensor is "
                    f"{tensor['name']}, {tensor['dtype']} {tensor['shape']}, of "
                    f"{format_size(tensor['bytes'])}"
                ),
                fix=(
                    "Make that tensor smaller, or allow more."
                    if name in smallest
                    else f"Make that tensor smaller, quantize the model to {SMALLEST_MODE}, or "
                    "allow more."
                ),
            )


def _how_to_shrink(models: Sequence[BundleModel]) -> str:
    larger = [model.name for model in models if not _is_smallest(model)]
    if larger:
        return f"Quantize {', '.join(larger)} to {SMALLEST_MODE}, leave a model out"
    return "Leave a model out, make one smaller in its code"


def check_can_count(field: MicroMaxInstructionsField, *, compiles: bool) -> None:
    """Raises if there is a limit, but nothing is compiled for a processor."""
    if field.count is not None and not compiles:
        raise Mistake.of(
            field,
            message=(
                "instructions are counted in a program for one processor, and there is none to compile"
            ),
            fix=(
                f"Name a TFLite Micro tree in `{MicroTflmField.alias}` and a processor in "
                f"`{MicroCpuField.alias}`, or leave `{field.alias}` out."
            ),
        )


def check_flash(
    field: MicroMaxFlashField,
    parts: Mapping[str, int],
    *,
    counted: str,
    models: Sequence[BundleModel] = (),
) -> None:
    """Raises if the `parts`, in bytes by their names, are together more than the field allows.

    `counted` is a sentence that says what they are. `models` are those of the bundle, if they are
    known.
    """
    _check_memory(
        field,
        parts,
        kind="flash",
        counted=counted,
        fix=f"{_how_to_shrink(models)}, or allow more.",
    )


def check_ram(field: MicroMaxRamField, parts: Mapping[str, int], *, counted: str) -> None:
    """Raises if the `parts`, in bytes by their names, are together more than the field allows."""
    _check_memory(
        field,
        parts,
        kind="RAM",
        counted=counted,
        fix=f"Make the model with the largest arena smaller, quantize it to {SMALLEST_MODE}, or allow "
        "more.",
    )


def _check_memory(
    field: SizeField, parts: Mapping[str, int], *, kind: str, counted: str, fix: str
) -> None:
    total, limit = sum(parts.values()), field.bytes
    if limit is not None and total > limit:
        listed = ", ".join(f"{name} {size:,}" for name, size in sorted(parts.items()))
        raise Mistake.of(
            field,
            message=(
                f"the bundle takes {format_size(total)} of {kind}, which is "
                f"{format_size(total - limit)} too many ({listed}). {counted}"
            ),
            fix=fix,
        )
