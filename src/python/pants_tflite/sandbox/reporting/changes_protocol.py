# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`changes.json`: how models differ from those of another report, and which budgets that breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class Change:
    """A `quantity` of the model at `address` that went from `before` to `after`, in its `unit`: bytes,
    ops, a ratio, or a score.

    `broken` is the budget that it breaks, in words.
    """

    address: str
    quantity: str
    unit: str
    before: float
    after: float
    is_worse: bool
    broken: Optional[str]


@dataclass(frozen=True)
class Changes(Message):
    """`added` and `removed` are the addresses of models that only one of the reports has; so many
    others are `unchanged`."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "changes.json"

    changes: tuple[Change, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int

    @property
    def broken(self) -> tuple[str, ...]:
        """What breaks a budget, in words."""
        return tuple(
            f"{change.address}: {change.broken}" for change in self.changes if change.broken
        )
