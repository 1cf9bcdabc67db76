# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Searches for the smallest model that meets its budgets, led by the errors of its ops: pure.

1. The modes as they are, all at once. If not even float32 has the score, nothing will.
2. The smallest one that does is the best so far. Each smaller one that does not is given another
   number of calibration samples, and then keeps the ops that make its error in a finer precision: at
   first those that stand out, in the cheapest precision; an op whose error stays is given the next
   one; and if all errors went down and it is not enough, more ops follow. This ends as soon as it
   is as large as the best.
3. Ops that turn out not to be needed go back, the smallest error first.
4. One scale for each tensor, which takes fewer bytes than one for each channel.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Generator, Iterator, Optional, Sequence, TypeVar

from pants_tflite.evaluation.tuning.candidates import Candidate, Kept, OpError, Outcome
from pants_tflite.sandbox.quantization.tuned_recipes import FLOAT16, FLOAT32, INT16

_R = TypeVar("_R")
# Asks for what comes of candidates, is sent it in the same order, and returns something.
Asking = Generator[Sequence[Candidate], Sequence[Outcome], _R]
_MODES_WITHOUT_SAMPLES = (FLOAT32, FLOAT16, "dynamic_range")
_MODES_WITH_SAMPLES = ("int16x8", "int8")
# How often the ops to keep may be changed for one mode, and how many may be taken back after that.
_ROUNDS = 12
_TAKEN_BACK = 8
# An error that is still more than this part of what it was has not gone down.
_GONE_DOWN = 0.5
# Fewer samples tell too little of the ranges.
_LEAST_SAMPLES = 8
_PARTS_OF_SAMPLES = (2, 4)


class NothingMeets(Exception):
    """No candidate meets the budgets. The `outcome` is the float model's, if its score is too bad already,
    or else that of the smallest candidate whose score is good enough."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.candidate.describe())
        self.outcome = outcome


def base_candidates(samples: Optional[int]) -> list[Candidate]:
    """The modes as they are, float32 first; those that calibrate only if there are samples."""
    modes = (*_MODES_WITHOUT_SAMPLES, *(_MODES_WITH_SAMPLES if samples else ()))
    return [Candidate(mode) for mode in modes]


@dataclass
class Search:
    """One search. `samples` is the number of calibration samples, None without any; `tried` are all
    outcomes in their order, and `best` is the smallest that meets the budgets."""

    samples: Optional[int]
    tried: list[Outcome] = field(default_factory=list)
    best: Optional[Outcome] = None

    def run(self) -> Asking[Outcome]:
        """Yields candidates, is sent their outcomes, and returns the best.

        Raises NothingMeets if there is none.
        """
        bases = yield from self._ask(base_candidates(self.samples))
        if not bases[0].is_accurate or bases[0].refusal:
            raise NothingMeets(bases[0])
        for base in sorted(bases, key=lambda outcome: outcome.size or 0):
            if not base.is_accurate and base.is_smaller(self.best):
                start = yield from self._with_other_samples(base)
                if not start.is_accurate:
                    yield from self._with_kept_ops(start)
        yield from self._with_fewer_scales()
        if self.best is None:
            accurate = (outcome for outcome in self.tried if outcome.is_accurate and outcome.size)
            raise NothingMeets(min(accurate, key=lambda outcome: outcome.size or 0))
        return self.best

    def _ask(self, candidates: Sequence[Candidate]) -> Asking[list[Outcome]]:
        """The outcomes of candidates; those that were tried before are not tried again."""
        known = {outcome.candidate: outcome for outcome in self.tried}
        new = [candidate for candidate in candidates if candidate not in known]
        if new:
            outcomes = yield new
            for outcome in outcomes:
                known[outcome.candidate] = outcome
                self.tried.append(outcome)
                if outcome.meets and outcome.is_smaller(self.best):
                    self.best = outcome
        return [known[candidate] for candidate in candidates]

    def _with_other_samples(self, base: Outcome) -> Asking[Outcome]:
        """The mode with fewer calibration samples, whose ranges may be narrower: the one that meets the
        budgets, or the base."""
        if not base.candidate.calibrates or self.samples is None:
            return base
        counts = [self.samples // part for part in _PARTS_OF_SAMPLES]
        outcomes = yield from self._ask(
            [
                replace(base.candidate, calibration_samples=count)
                for count in counts
                if count >= _LEAST_SAMPLES
            ]
        )
        return next((outcome for outcome in outcomes if outcome.is_accurate), base)

    def _with_kept_ops(self, base: Outcome) -> Asking[None]:
        """The mode with the ops that make its error in a finer precision."""
        before = {error.tensor: error for error in base.errors}
        kept = dict(_first_ops(base))
        for _ in range(_ROUNDS):
            if not kept:
                break
            best = self.best
            (outcome,) = yield from self._ask([_keeping(base, kept)])
            if outcome.is_accurate and not outcome.refusal:
                if outcome.is_smaller(best):
                    yield from self._take_back(base, kept, before)
                break
            changed = _give_finer(kept) if outcome.refusal else _refine(kept, outcome, before)
            # The ops around one in int16 may take more bytes than float16 weights do.
            is_in_vain = outcome.refusal is None and not outcome.is_smaller(best)
            if not changed or is_in_vain and all(op.precision != INT16 for op in kept.values()):
                break

    def _take_back(
        self, base: Outcome, kept: dict[str, Kept], before: dict[str, OpError]
    ) -> Asking[None]:
        """Leaves out each op without which the budgets are met, too."""
        for tensor in sorted(kept, key=lambda each: (before[each].error, each))[:_TAKEN_BACK]:
            if len(kept) > 1:
                fewer = {name: op for name, op in kept.items() if name != tensor}
                (outcome,) = yield from self._ask([_keeping(base, fewer)])
                if outcome.is_accurate and not outcome.refusal:
                    del kept[tensor]

    def _with_fewer_scales(self) -> Asking[None]:
        accurate = [o for o in self.tried if o.is_accurate and o.size and not o.refusal]
        best = min(accurate, key=lambda outcome: outcome.size or 0).candidate
        if best.has_int8_weights and best.per_channel:
            yield from self._ask([replace(best, per_channel=False)])


def _keeping(base: Outcome, kept: dict[str, Kept]) -> Candidate:
    ops = tuple(sorted(kept.values(), key=lambda each: each.tensor))
    return replace(base.candidate, kept=ops)


def _cheapest(base: Outcome) -> str:
    """The first precision that differs from that of the mode itself."""
    mode = base.candidate.mode
    if mode == FLOAT16:
        return FLOAT32
    return INT16 if mode == "int8" else FLOAT16


def _first_ops(base: Outcome) -> Iterator[tuple[str, Kept]]:
    """The ops that stand out or, if none does, the one with the largest error."""
    precision = _cheapest(base)
    outstanding = [error for error in base.errors if error.stands_out] or base.errors[:1]
    yield from ((e.tensor, Kept(e.op, e.tensor, precision)) for e in outstanding)


def _refine(kept: dict[str, Kept], outcome: Outcome, before: dict[str, OpError]) -> bool:
    """Gives ops whose error stayed a finer precision or, if there are none, keeps more ops.

    Returns whether it changed anything.
    """
    now = {error.tensor: error.error for error in outcome.errors}
    stayed = [
        tensor
        for tensor in kept
        if now.get(tensor, 0.0) > _GONE_DOWN * before[tensor].error and kept[tensor].finer
    ]
    if not stayed:
        precision = next(iter(kept.values())).precision
        others = [e for e in outcome.errors if e.tensor not in kept and e.tensor in before]
        for error in others[: len(kept)]:
            kept[error.tensor] = Kept(error.op, error.tensor, precision)
        # If all ops are kept, only a finer precision is left.
        return bool(others) or _give_finer(kept)
    return _give_finer(kept, stayed)


def _give_finer(kept: dict[str, Kept], tensors: Optional[Sequence[str]] = None) -> bool:
    """Gives the ops that yield `tensors`, or all, the next precision, if there is one for any."""
    changed = False
    for tensor in list(kept) if tensors is None else tensors:
        finer = kept[tensor].finer
        if finer is not None:
            kept[tensor], changed = finer, True
    return changed
