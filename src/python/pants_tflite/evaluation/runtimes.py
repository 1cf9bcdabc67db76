# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runtimes that other backends have: a backend registers what evaluates and measures with its own."""

from __future__ import annotations

from abc import ABCMeta
from dataclasses import dataclass
from typing import ClassVar, Optional

from pants.engine.addresses import Address
from pants.engine.environment import EnvironmentName
from pants.engine.fs import Digest
from pants.engine.process import ProcessCacheScope
from pants.engine.unions import union

from pants_tflite.compat import collect_rules, rule
from pants_tflite.pipeline.dataset import SampledDataset


@dataclass(frozen=True)
class EvaluatedModel:
    """`digest` holds `predictions.npz` and `predictions.json`."""

    digest: Digest


@union(in_scope_types=[EnvironmentName])
@dataclass(frozen=True)
class RuntimeEvaluator(metaclass=ABCMeta):
    """Asks for what a model says of a dataset's samples, on the `runtime` of its class.

    `address` and `dataset_field` are blamed for what does not fit.
    """

    runtime: ClassVar[str]

    address: Address
    model: Digest
    dataset: SampledDataset
    dataset_field: str
    signature: Optional[str]
    max_samples: Optional[int]
    timeout: Optional[int]
    cache_scope: ProcessCacheScope

    def debug_hint(self) -> str:
        return f"{self.address} on {self.runtime}"


@dataclass(frozen=True)
class MeasuredArena:
    """The tensor arena that a model needs on a microcontroller, with its margin, in bytes."""

    bytes: int


@union(in_scope_types=[EnvironmentName])
@dataclass(frozen=True)
class ArenaMeasurer(metaclass=ABCMeta):
    """Asks for the arena of a built model, whose `description` is `model.json`.

    `field`, of the target at `address`, is blamed if there is none.
    """

    address: Address
    field: str
    model_address: Address
    model: Digest
    description: str

    def debug_hint(self) -> str:
        return str(self.model_address)


@rule(polymorphic=True)
async def measure_arena_with_backend(
    measurer: ArenaMeasurer, environment: EnvironmentName
) -> MeasuredArena:
    """Calls the rule of the backend."""
    raise NotImplementedError()


@rule(polymorphic=True)
async def evaluate_with_backend(
    evaluator: RuntimeEvaluator, environment: EnvironmentName
) -> EvaluatedModel:
    """Calls the rule of the backend."""
    raise NotImplementedError()


def rules():
    return collect_rules()
