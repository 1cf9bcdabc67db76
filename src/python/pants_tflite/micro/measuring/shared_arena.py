# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The arena in which several models are ready at the same time, over one `MicroAllocator`.

Each model keeps what is persistent for itself, at the arena's end; the tensors of the model that runs
overlie those of the others, at its beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from pants_tflite.sandbox.constants import ARENA_ALIGNMENT


@dataclass(frozen=True)
class ArenaNeed:
    """What a model alone works in, in bytes: `smallest` is the arena, of which the model keeps
    `persistent`, and runs in `overlaid`. What is left is only for setting it up and for a call."""

    smallest: int
    persistent: int
    overlaid: int

    @property
    def temporary(self) -> int:
        return max(0, self.smallest - self.persistent - self.overlaid)


def _aligned(size: int) -> int:
    return -(-size // ARENA_ALIGNMENT) * ARENA_ALIGNMENT


def shared_arena_bytes(needs: Sequence[ArenaNeed]) -> int:
    """The bytes that suffice for models that are set up in this order.

    It is more than they need by what the allocator takes for itself, which is part of each model's
    persistent bytes but is there once.
    """
    if len(needs) == 1:
        return needs[0].smallest
    set_up = kept = 0
    for need in needs:
        set_up = max(set_up, kept + need.smallest)
        kept += _aligned(need.persistent)
    running = (
        kept
        + _aligned(max(need.overlaid for need in needs))
        + max(need.temporary for need in needs)
    )
    return _aligned(max(set_up, running))
