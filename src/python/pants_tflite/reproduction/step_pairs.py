# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which steps of two runs belong together, and which of those that differ are the first to do so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Container, Iterable

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

    def declared_roots(self, reasons: Container[str]) -> tuple[StepPair, ...]:
        """Those roots whose targets are declared to be others each time."""
        return tuple(
            pair
            for pair in self.roots
            if pair.first.address in reasons and pair.first.exit_code == pair.second.exit_code
        )

    def undeclared(self, reasons: Container[str]) -> tuple[StepPair, ...]:
        """The other roots; all that differ, if none is the first to do so."""
        declared = self.declared_roots(reasons)
        if not self.roots:
            return self.differing
        return tuple(pair for pair in self.roots if pair not in declared)

    def is_explained(self, reasons: Container[str], *, artifacts_differ: bool) -> bool:
        """Whether all that differs does so because targets are declared to. What only differs because it
        took something else is explained if that is."""
        if self.unpaired or self.undeclared(reasons):
            return False
        return not artifacts_differ or bool(self.declared_roots(reasons))

    def same_although(self, reasons: Iterable[str]) -> tuple[str, ...]:
        """The addresses that are declared, and whose steps are all the same."""
        steps = {pair.first.address for pair in self.pairs}
        differing = {pair.first.address for pair in self.differing}
        return tuple(sorted(it for it in reasons if it in steps and it not in differing))


def _once(records: Iterable[StepRecord]) -> list[StepRecord]:
    """Equal work is listed once. Several rules may ask for it, for one target or for several, and it
    depends on who is first how often it is run, and under which target's name."""
    by_work = {
        (step.inputs, step.outputs, step.exit_code): step
        for step in sorted(records, key=lambda step: step.description, reverse=True)
    }
    return sorted(by_work.values(), key=lambda step: (step.description, step.inputs, step.outputs))


# What makes two steps the same one, the surest first.
_LIKENESS: tuple[Callable[[StepRecord], tuple[str, ...]], ...] = (
    lambda step: (step.inputs, step.outputs),
    lambda step: (step.inputs, step.description),
    lambda step: (step.inputs,),
    lambda step: (step.description,),
)


def pair_steps(first: Iterable[StepRecord], second: Iterable[StepRecord]) -> PairedSteps:
    """The steps of two runs in pairs, sorted by description."""
    left, right = _once(first), _once(second)
    pairs = []
    for likeness in _LIKENESS:
        waiting: dict[tuple[str, ...], list[StepRecord]] = {}
        for step in right:
            waiting.setdefault(likeness(step), []).append(step)
        rest = []
        for step in left:
            twins = waiting.get(likeness(step))
            if twins:
                pairs.append(StepPair(step, twins.pop(0)))
            else:
                rest.append(step)
        left = rest
        right = [step for twins in waiting.values() for step in twins]
    return PairedSteps(
        pairs=tuple(sorted(pairs, key=lambda pair: (pair.first.description, pair.first.inputs))),
        unpaired=tuple(sorted({step.description for step in (*left, *right)})),
    )
