# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The tensor arena of a model on a microcontroller, from the backend that has the runtime."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.environment import EnvironmentName
from pants.engine.unions import UnionMembership

from pants_tflite.compat import collect_rules, implicitly, rule
from pants_tflite.evaluation.models import EvaluatedTarget
from pants_tflite.evaluation.runtimes import (
    ArenaMeasurer,
    MeasuredArena,
    measure_arena_with_backend,
)


@dataclass(frozen=True)
class MeasureArenaRequest:
    """Asks for the arena of a model; the `field` of the target at `address` is blamed if there is none.
    Some backend has an ArenaMeasurer."""

    address: Address
    model: EvaluatedTarget
    field: str

    def debug_hint(self) -> str:
        return str(self.model.address)


@rule(desc="Measure the arena of a model")
async def measure_arena(
    request: MeasureArenaRequest, membership: UnionMembership, environment: EnvironmentName
) -> MeasuredArena:
    (measurer_type,) = membership.get(ArenaMeasurer)
    measurer = measurer_type(
        address=request.address,
        field=request.field,
        model_address=request.model.address,
        model=request.model.built.digest,
        description=request.model.description,
    )
    return await measure_arena_with_backend(
        **implicitly({measurer: ArenaMeasurer, environment: EnvironmentName})
    )


def rules():
    return collect_rules()
