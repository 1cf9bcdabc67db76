# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether models take no more instructions than a library allows."""

from __future__ import annotations

from pants_tflite.errors import Mistake
from pants_tflite.micro.counting.instruction_counts import CountedInstructions
from pants_tflite.micro.target_types import MicroMaxInstructionsField


def check_instructions(
    field: MicroMaxInstructionsField, counted: CountedInstructions, kernels: str
) -> None:
    """Raises if a model takes more than the field allows, or if there is no telling.

    `kernels` says which ones the library was compiled with.
    """
    limit = field.count
    if limit is None:
        return
    if counted.why_not:
        raise Mistake.of(
            field,
            message=f"the instructions were not counted: {counted.why_not}",
            fix=f"Install QEMU, or leave `{field.alias}` out.",
        )
    over = [model for model in counted.models if model.invoke > limit]
    if not over:
        return
    worst = max(over, key=lambda model: model.invoke)
    op = worst.most_costly
    costs = (
        f" Most of them, {op.instructions:,}, are those of {op.label}." if op is not None else ""
    )
    others = [f"{model.model} {model.invoke:,}" for model in over if model is not worst]
    also = f" Also over the limit: {', '.join(others)}." if others else ""
    raise Mistake.of(
        field,
        message=(
            f"a call of {worst.model} takes {worst.invoke:,} instructions with {kernels} kernels, "
            f"which is {worst.invoke - limit:,} too many.{costs}{also}"
        ),
        fix="Make that op smaller, take a tree with kernels for the processor, or allow more.",
    )
