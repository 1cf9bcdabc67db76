# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a bundle's models must be, and may take, on a microcontroller."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Sequence

from pants.engine.addresses import Address

from pants_tflite.bundles.fields import BundleModelsField
from pants_tflite.bundles.models import BundleModel
from pants_tflite.errors import Mistake
from pants_tflite.micro.cpp import TENSOR_TYPES
from pants_tflite.micro.op_names import method_of
from pants_tflite.micro.target_types import MicroMaxArenaField, MicroMaxFlashField
from pants_tflite.sizes import format_size


def check_ops(address: Address, models: Sequence[BundleModel]) -> None:
    """Raises where TFLite Micro lacks ops, or types of inputs and outputs: lists all of them."""
    missing = [
        f"{model.name} ({model.address}): {problem}"
        for model in models
        for problem in (*_missing_ops(model.facts), *_missing_types(model.facts))
    ]
    if missing:
        listed = "".join(f"\n- {problem}" for problem in missing)
        raise Mistake(
            message=f"TFLite Micro cannot run all of the bundle's models:{listed}",
            fix=(
                "Leave these models out of the bundle, or build them of other ops and types: see "
                "what `model.json` says of each model's `ops`."
            ),
            field=BundleModelsField.alias,
        ).at(address)


def _missing_ops(facts: Mapping[str, Any]) -> list[str]:
    return [
        f"there is no {'custom ' if op['custom'] else ''}op {op['name']} (used {op['count']} times)"
        for op in facts["ops"]
        if op["count"] and method_of(op) is None
    ]


def _missing_types(facts: Mapping[str, Any]) -> list[str]:
    return [
        f"the {kind} {tensor['name']} is of type {tensor['dtype']}"
        for kind, tensors in (("input", facts["inputs"]), ("output", facts["outputs"]))
        for tensor in tensors
        if tensor["dtype"] not in TENSOR_TYPES
    ]


def methods_for(models: Sequence[BundleModel]) -> tuple[str, ...]:
    """The methods that add the ops of checked models to a resolver, each once."""
    found = {method_of(op) for model in models for op in model.facts["ops"] if op["count"]}
    return tuple(sorted(method for method in found if method))


def check_arena(
    address: Address,
    max_arena: Optional[str],
    limit: Optional[int],
    arenas: Sequence[tuple[str, Mapping[str, Any]]],
) -> None:
    """Raises where a model needs more than `limit` bytes, which the field says as `max_arena`."""
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
    """Raises where the `parts`, in bytes by their names, are more than `limit` together."""
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
