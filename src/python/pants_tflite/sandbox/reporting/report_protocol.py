# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`report.json`: what a report says of each model, for machines, and without times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message, left_out
from pants_tflite.sandbox.tflite.weigh_model_protocol import StoredTensor


@dataclass(frozen=True)
class ReportedScore:
    """What a model scores on a `dataset`, an address: as the target `test` asks for, or, without one,
    by the report's own choice. `min_score` and `max_score` are the test's budgets."""

    metric: str
    dataset: str
    score: float
    count: int
    higher_is_better: bool
    test: Optional[str]
    min_score: Optional[float]
    max_score: Optional[float]


@dataclass(frozen=True)
class ReportedOp:
    """The op at `index` of the graph number `subgraph`, and the constants that it stores.

    `accumulated` is the error of its result as the model runs, `isolated` the one that the op itself
    adds, both relative to the spread of the float model's values; None if they are not known. An op that
    `stands_out` makes errors, and does not only pass them on.
    """

    subgraph: int
    index: int
    op: str
    tensor: str
    layer: str
    folded: bool
    stored: tuple[StoredTensor, ...]
    accumulated: Optional[float]
    isolated: Optional[float]
    stands_out: bool

    @property
    def bytes(self) -> int:
        return sum(tensor.bytes for tensor in self.stored)

    @property
    def key(self) -> str:
        return f"{self.subgraph}.{self.index}"


@dataclass(frozen=True)
class ReportedRuntime:
    """What a runtime says of a model, if it was asked; `loads` is None if it could not be, for the reason in
    `remark`. `refused` are the names of the ops that it refuses, and leaves to a processor if it loads all
    the same."""

    runtime: str
    answered_by: str
    loads: Optional[bool]
    refused: tuple[str, ...]
    remark: str

    @property
    def summary(self) -> str:
        if self.loads is None:
            return f"not asked: {self.remark}"
        if self.refused and self.loads:
            return f"takes the model, but for {', '.join(self.refused)}"
        if self.refused:
            return f"refuses {', '.join(self.refused)}"
        return "takes the model" if self.loads else f"refuses the model: {self.remark}"


@dataclass(frozen=True)
class ReportedModel:
    """A model at an `address`; those of one `family` are forms of the same model, named by `variant`.

    `mode` is how it was quantized, None for a file from elsewhere. `files` is the folder of its files,
    relative to the report. `baseline` is the address of the family's float model. `size` and `other`
    are bytes: of the file, and of what is in it besides the ops' constants. `arena` is what TensorFlow
    Lite Micro needs, if it was measured. `notes` say what is not known, and why.
    """

    address: str
    family: str
    variant: str
    mode: Optional[str]
    baseline: Optional[str]
    files: str
    sha256: str
    size: int
    other: int
    arena: Optional[int]
    scores: tuple[ReportedScore, ...]
    ops: tuple[ReportedOp, ...]
    error_samples: Optional[int]
    notes: tuple[str, ...]
    runtimes: tuple[ReportedRuntime, ...] = left_out(())

    @property
    def computing_ops(self) -> tuple[ReportedOp, ...]:
        """Those that compute in each call."""
        return tuple(op for op in self.ops if not op.folded)

    @property
    def worst_op(self) -> Optional[ReportedOp]:
        """The one with the largest error of its own, or else with the largest at all."""
        known = [op for op in self.ops if op.isolated is not None] or [
            op for op in self.ops if op.accumulated is not None
        ]
        return max(known, key=error_of, default=None)

    @property
    def score(self) -> Optional[ReportedScore]:
        """The one that is compared and plotted: the first."""
        return self.scores[0] if self.scores else None


def error_of(op: ReportedOp) -> float:
    """An op's own error or, if it is not known, the error of its result."""
    return (op.accumulated if op.isolated is None else op.isolated) or 0.0


@dataclass(frozen=True)
class Report(Message):
    """In the order of their addresses, the baseline of a family first."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "report.json"

    models: tuple[ReportedModel, ...]
