# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Checks of what a bundle's models must be, and how much they may use, on a microcontroller."""

from __future__ import annotations

from typing import Any, Collection, Mapping, Optional, Sequence

from pants.engine.addresses import Address

from pants_tflite.bundles.fields import BundleModelsField
from pants_tflite.bundles.models import BundleModel, PlannedModel
from pants_tflite.custom_ops.target_types import MicroDependenciesField
from pants_tflite.errors import Mistake
from pants_tflite.micro.generated.cpp import TENSOR_TYPES
from pants_tflite.micro.target_types import (
    MicroArenaSizeField,
    MicroMaxArenaField,
    MicroMaxFlashField,
    MicroTflmField,
)
from pants_tflite.micro.tflm.op_names import method_of
from pants_tflite.sandbox.tflite.inspect_model_protocol import ModelOp
from pants_tflite.sizes import format_size


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
        if tensor.dtype not in TENSOR_TYPES
    ]
    if wrong:
        raise Mistake(
            message=f"there is no C++ type for some inputs or outputs:{''.join(wrong)}",
            fix=f"Make them one of {', '.join(TENSOR_TYPES)}, or leave the models out.",
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
    address: Address,
    models: Sequence[PlannedModel],
    *,
    arena_size: Optional[str],
    has_tree: bool,
    size: Optional[int],
    max_arena: Optional[int],
) -> None:
    """Raises unless the arena of models with custom ops is either measured or given, and not both.

    `size` is `arena_size` in bytes.
    """
    names = [model.name for model in models if model.custom_ops.ops]
    what = MicroArenaSizeField.alias
    if arena_size is None:
        if names and not has_tree:
            raise Mistake(
                message=(
                    f"the tensor arena of {', '.join(names)} cannot be measured: TFLite Micro's "
                    "wheel cannot load the kernels of custom ops, and there is no TFLite Micro tree "
                    "to compile them with"
                ),
                fix=(
                    f"Name a tree in `{MicroTflmField.alias}`, or say the arena's size, as in "
                    f'`{what}="8KiB"`; the library\'s self-test prints what the device uses.'
                ),
                field=what,
            ).at(address)
        return
    message, fix = "", ""
    if not names:
        message = "its models have no custom ops with kernels, so that their arenas are measured"
        fix = "Leave the field out."
    elif has_tree:
        message = f"the arena is measured, with the tree that `{MicroTflmField.alias}` names"
        fix = f"Leave the field out; `{MicroMaxArenaField.alias}` limits what may be measured."
    elif size is not None and max_arena is not None and size > max_arena:
        message = f"that is {format_size(size - max_arena)} more than `{MicroMaxArenaField.alias}`"
        fix = "Give the one that is right in both."
    if message:
        raise Mistake(message, fix, field=what, value=arena_size).at(address)


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


def check_arena(
    address: Address,
    max_arena: Optional[str],
    limit: Optional[int],
    arenas: Sequence[tuple[str, Mapping[str, Any]]],
) -> None:
    """Raises if a model needs more than `limit` bytes, which the field has as `max_arena`."""
    for name, arena in arenas:
        if limit is not None and arena["bytes"] > limit:
            tensor = arena["largest_tensor"]
            raise Mistake(
                message=(
                    f"the tensor arena of {name} takes {format_size(arena['bytes'])}, which is "
                    f"{format_size(arena['bytes'] - limit)} too many: {format_size(arena['smallest'])} "
                    f"measured and {arena['margin_percent']} % of margin. Its largest tensor is "
                    f"{tensor['name']}, {tensor['dtype']} {tensor['shape']}, of "
                    f"{format_size(tensor['bytes'])}"
                ),
                fix="Make that tensor smaller, quantize the model to int8, or allow more.",
                field=MicroMaxArenaField.alias,
                value=max_arena,
            ).at(address)


def check_flash(
    address: Address, max_flash: Optional[str], limit: Optional[int], parts: Mapping[str, int]
) -> None:
    """Raises if the `parts`, in bytes by their names, are more than `limit` together."""
    total = sum(parts.values())
    if limit is not None and total > limit:
        listed = ", ".join(f"{name} {size:,}" for name, size in sorted(parts.items()))
        raise Mistake(
            message=(
                f"the bundle takes {format_size(total)} of flash, which is "
                f"{format_size(total - limit)} too many ({listed})"
            ),
            fix="Quantize the models to int8, leave one out, or allow more.",
            field=MicroMaxFlashField.alias,
            value=max_flash,
        ).at(address)
