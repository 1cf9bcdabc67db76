# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The arenas of models that go to microcontrollers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.target import AllTargets
from pants.engine.unions import UnionMembership

from pants_tflite.bundles.fields import BundleModelsField
from pants_tflite.compat import collect_rules, concurrently, implicitly, rule
from pants_tflite.errors import TfLiteError
from pants_tflite.evaluation.arena import MeasureArenaRequest, measure_arena
from pants_tflite.evaluation.models import EvaluatedTarget
from pants_tflite.evaluation.runtimes import ArenaMeasurer
from pants_tflite.evaluation.target_types import TestedModelField, TestMaxArenaField
from pants_tflite.reporting.names import in_short
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference

# The only bundle for microcontrollers. Its backend, which need not be there, has the class.
_MICRO_LIBRARY = "tflite_micro_library"


@dataclass(frozen=True)
class MicroModelsRequest:
    """Asks which models go to microcontrollers: those in micro libraries, and those whose arena a test
    limits."""


@dataclass(frozen=True)
class MicroModels:
    addresses: tuple[Address, ...]


@dataclass(frozen=True)
class ModelArenaRequest:
    """Asks for the arena of a model, if it goes to a microcontroller."""

    model: EvaluatedTarget


@dataclass(frozen=True)
class ModelArena:
    """`bytes` are None for a model that goes nowhere, or to no arena, as the `note` says."""

    bytes: Optional[int] = None
    note: Optional[str] = None


@rule
async def find_micro_models(_: MicroModelsRequest, all_targets: AllTargets) -> MicroModels:
    requests = []
    for target in all_targets:
        if target.alias == _MICRO_LIBRARY:
            models = target[BundleModelsField]
            requests += [ReferenceRequest(models, value) for value in models.value or ()]
        elif target.has_field(TestMaxArenaField) and target[TestMaxArenaField].value:
            model = target[TestedModelField]
            requests.append(ReferenceRequest(model, model.value or ""))
    references = await concurrently(resolve_reference(request) for request in requests)
    return MicroModels(tuple(sorted({reference.target.address for reference in references})))


@rule
async def find_model_arena(request: ModelArenaRequest, membership: UnionMembership) -> ModelArena:
    model = request.model
    # Its kernels, which have arenas of their own, are in the library only.
    if model.facts.custom_ops:
        return ModelArena()
    micro = await find_micro_models(MicroModelsRequest(), **implicitly())
    if model.address not in micro.addresses or not membership.get(ArenaMeasurer):
        return ModelArena()
    try:
        arena = await measure_arena(
            MeasureArenaRequest(model.address, model, field=BundleModelsField.alias), **implicitly()
        )
    except TfLiteError as error:
        return ModelArena(note=f"Its arena is not known: {in_short(error)}")
    return ModelArena(arena.bytes)


def rules():
    return collect_rules()
