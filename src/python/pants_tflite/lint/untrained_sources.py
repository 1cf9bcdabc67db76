# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a model is made of, without its training if that can be left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.target import Target

from pants_tflite.compat import collect_rules, rule
from pants_tflite.target_types import SavedModelField, UntrainedField
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference


@dataclass(frozen=True)
class UntrainedSourceRequest:
    """Asks what a model is made of."""

    target: Target


@dataclass(frozen=True)
class UntrainedSource:
    """The target that yields the SavedModel of a model, if it has one, and whether that is taken
    `untrained`: if it can be."""

    saved_model: Optional[Target]
    untrained: bool


@rule
async def find_untrained_source(request: UntrainedSourceRequest) -> UntrainedSource:
    if not request.target.has_field(SavedModelField):
        return UntrainedSource(None, False)
    field = request.target[SavedModelField]
    reference = await resolve_reference(ReferenceRequest(field, field.value))
    target = reference.target
    return UntrainedSource(
        target, bool(target.has_field(UntrainedField) and target[UntrainedField].value)
    )


def rules():
    return collect_rules()
