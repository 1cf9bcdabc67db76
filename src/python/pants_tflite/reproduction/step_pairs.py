# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which steps of two runs belong together, and which of those that differ are the first to do so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from pants_tflite.util_rules.steps import StepRecord


@dataclass(frozen=True)
class StepPair:
    """A step of the first run and the same one of the second."""

    first: StepRecord
    second: StepRecord

    @property
    def is_same(self) -> bool:
        return (self.first.outputs, self.first.exit_code) == (
            self.second.outputs,
            self.second.exit_code,
        )

    @property
    def starts_alike(self) -> bool:
        return self.first.inputs == self.second.inputs


@dataclass(frozen=True)
class PairedSteps:
    """`unpaired` are descriptions of steps that only one of the runs had."""

    pairs: tuple[StepPair, ...]
    unpaired: tuple[str, ...]

    @property
    def differing(self) -> tuple[StepPair, ...]:
        return tuple(pair for pair in self.pairs if not pair.is_same)

    @property
    def roots(self) -> tuple[StepPair, ...]:
        """Those that took equal bytes and yielded others. The rest of the differing ones follow from
        them."""
        return tuple(pair for pair in self.differing if pair.starts_alike)


def _by_description(records: Iterable[StepRecord]) -> dict[str, list[StepRecord]]:
    """A step that several rules asked for was run, and is listed, once."""
    found: dict[str, dict[tuple[str, str], StepRecord]] = {}
    for record in records:
        found.setdefault(record.description, {})[(record.inputs, record.outputs)] = record
    return {name: [steps[key] for key in sorted(steps)] for name, steps in found.items()}


def pair_steps(first: Iterable[StepRecord], second: Iterable[StepRecord]) -> PairedSteps:
    """The steps of two runs in pairs, sorted by description; of equal ones, those with equal inputs
    belong together, if there are such."""
    one, other = _by_description(first), _by_description(second)
    pairs, unpaired = [], []
    for name in sorted({*one, *other}):
        left, right = one.get(name, []), other.get(name, [])
        rest = []
        for step in left:
            twin = next((found for found in right if found.inputs == step.inputs), None)
            if twin is None:
                rest.append(step)
            else:
                right = [found for found in right if found is not twin]
                pairs.append(StepPair(step, twin))
        pairs += [StepPair(step, twin) for step, twin in zip(rest, right)]
        if len(rest) != len(right):
            unpaired.append(name)
    return PairedSteps(tuple(pairs), tuple(unpaired))
