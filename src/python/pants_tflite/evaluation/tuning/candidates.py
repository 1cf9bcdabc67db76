# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a search tries, and what came of it: pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Mapping, Optional

from pants_tflite.sandbox.modes import find_mode
from pants_tflite.sandbox.quantization.tuned_recipes import PRECISIONS, tuned_recipe


@dataclass(frozen=True)
class Kept:
    """An op, by what it is and yields in the float model, that is kept in a finer precision."""

    op: str
    tensor: str
    precision: str

    @property
    def finer(self) -> Optional[Kept]:
        """The same op in the next precision; None if there is none."""
        rest = PRECISIONS[PRECISIONS.index(self.precision) + 1 :]
        return replace(self, precision=rest[0]) if rest else None


@dataclass(frozen=True)
class Candidate:
    """A way to quantize a model. `calibration_samples` is None for all of them, and for a mode that
    takes none."""

    mode: str
    per_channel: bool = True
    calibration_samples: Optional[int] = None
    kept: tuple[Kept, ...] = ()

    @property
    def calibrates(self) -> bool:
        return find_mode(self.mode).calibrates

    @property
    def is_quantized(self) -> bool:
        return find_mode(self.mode).quantizes

    @property
    def has_int8_weights(self) -> bool:
        return find_mode(self.mode).has_int8_weights

    def recipe(self, *, float_io: bool) -> Mapping[str, Any]:
        """What a recipe file says for it."""
        return tuned_recipe(
            self.mode,
            per_channel=self.per_channel,
            ops=[(kept.op, kept.tensor, kept.precision) for kept in self.kept],
            calibration_samples=self.calibration_samples,
            float_io=float_io,
        )

    def render(self, *, float_io: bool) -> str:
        """The recipe file."""
        return f"{json.dumps(self.recipe(float_io=float_io), indent=2, sort_keys=True)}\n"

    def describe(self) -> str:
        """In a few words, for people who watch the search."""
        words = [self.mode]
        if not self.per_channel:
            words.append("one scale for each tensor")
        if self.calibration_samples is not None:
            words.append(f"{self.calibration_samples} calibration samples")
        words += [f"{kept.op} `{kept.tensor}` in {kept.precision}" for kept in self.kept]
        return ", ".join(words)


@dataclass(frozen=True)
class OpError:
    """The isolated error of an op, by what it is and yields in the float model. Those that `stands_out`
    make the error."""

    op: str
    tensor: str
    error: float
    stands_out: bool


@dataclass(frozen=True)
class Outcome:
    """What came of a candidate.

    `size` is None if it could not be made, and `refusal` says why. `figures` are what the tests found,
    by their names, and `failures` the budgets that are not met; it `is_accurate` if none of these is
    about a score. `errors` are those of ops that can be
    kept finer, the largest first; a candidate that meets the budgets need not have them.
    """

    candidate: Candidate
    size: Optional[int]
    figures: Mapping[str, float]
    failures: tuple[str, ...]
    errors: tuple[OpError, ...] = ()
    refusal: Optional[str] = None
    is_accurate: bool = True

    @property
    def meets(self) -> bool:
        return self.refusal is None and not self.failures

    def is_smaller(self, other: Optional[Outcome]) -> bool:
        """Whether it can be made, and takes fewer bytes than the other, if there is one."""
        if self.size is None:
            return False
        return other is None or other.size is None or self.size < other.size
