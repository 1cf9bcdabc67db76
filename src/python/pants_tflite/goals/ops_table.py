# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `tflite-ops` prints: pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from textwrap import indent
from typing import Iterable, Mapping, Optional, Sequence

from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport
from pants_tflite.sandbox.saved_models.list_graph_ops_protocol import GraphOpCount
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse

_MOST_LAYERS = 2


@dataclass(frozen=True)
class TargetOps:
    """The ops of a target: those of its SavedModel in TensorFlow, and those of its `.tflite` file. Each is
    None if the target has no such form. `answers` are those of the runtimes that were asked about the file;
    `refusal` says why nothing ships it, if so.
    """

    address: str
    graph_ops: Optional[tuple[GraphOpCount, ...]]
    ops: Optional[tuple[OpUse, ...]]
    answers: tuple[CoverageReport, ...] = ()
    refusal: Optional[str] = None


@dataclass(frozen=True)
class OpSummary:
    """All uses of an op in one version. `refused_by` says how many of them each runtime refuses that refuses
    some."""

    op: str
    version: int
    custom: bool
    count: int
    dtypes: tuple[str, ...]
    macs: int
    layers: tuple[str, ...]
    refused_by: Mapping[str, int]

    @classmethod
    def of(
        cls, uses: Iterable[OpUse], answers: Iterable[CoverageReport] = ()
    ) -> tuple[OpSummary, ...]:
        """A summary for each op and version, sorted by them."""
        refused = {answer.runtime: {op.index for op in answer.refused} for answer in answers}
        groups: dict[tuple[str, int, bool], dict[int, OpUse]] = {}
        for index, use in enumerate(uses):
            groups.setdefault((use.op, use.version, use.custom), {})[index] = use
        return tuple(
            cls(
                *key,
                count=len(group),
                dtypes=tuple(sorted({dtype for use in group.values() for dtype in use.dtypes})),
                macs=sum(use.macs for use in group.values()),
                layers=tuple(sorted({use.layer for use in group.values() if use.layer})),
                refused_by={
                    runtime: len(indices & group.keys())
                    for runtime, indices in refused.items()
                    if indices & group.keys()
                },
            )
            for key, group in sorted(groups.items())
        )

    def taken_by(self, answer: CoverageReport) -> str:
        """What the column of a runtime says."""
        refused = self.refused_by.get(answer.runtime, 0)
        if refused:
            return "no" if refused == self.count else f"no, {refused} of {self.count}"
        # A model that is refused for another reason says nothing of its ops.
        return "yes" if answer.loads or answer.refused else "?"


def render_json(targets: Iterable[TargetOps]) -> str:
    value = [
        {
            "target": target.address,
            "tensorflow_ops": (
                None if target.graph_ops is None else list(map(asdict, target.graph_ops))
            ),
            "tflite_ops": (
                None
                if target.ops is None
                else [asdict(summary) for summary in OpSummary.of(target.ops, target.answers)]
            ),
            "refusal": target.refusal,
            "runtimes": [
                {
                    "runtime": answer.runtime,
                    "answered_by": answer.answered_by,
                    "loads": answer.loads,
                    "remark": answer.remark,
                }
                for answer in target.answers
            ],
        }
        for target in targets
    ]
    return json.dumps(value, sort_keys=True, indent=2)


def render_tables(targets: Iterable[TargetOps]) -> str:
    return "\n\n".join("\n".join(_lines(target)) for target in targets)


def _lines(target: TargetOps) -> Iterable[str]:
    yield target.address
    if target.graph_ops is not None:
        rows = [(op.op, str(op.count), _some(op.layers)) for op in target.graph_ops]
        yield from _table(("TensorFlow op", "count", "layers"), rows)
    if target.ops is not None:
        summaries = OpSummary.of(target.ops, target.answers)
        names = tuple(answer.runtime for answer in target.answers)
        yield from _table(
            ("TensorFlow Lite op", "version", "count", "types", "MACs", *names, "layers"),
            [
                (
                    f"{s.op} (custom)" if s.custom else s.op,
                    str(s.version),
                    str(s.count),
                    " ".join(s.dtypes),
                    f"{s.macs:,}" if s.macs else "",
                    *map(s.taken_by, target.answers),
                    _some(s.layers),
                )
                for s in summaries
            ],
        )
        total = sum(s.macs for s in summaries)
        yield f"  {sum(s.count for s in summaries)} ops, {total:,} multiply-accumulates"
        yield from (f"  {_sentence(answer)}" for answer in target.answers)
        if target.refusal is not None:
            yield "  These are the ops that the file names; as it is, nothing ships it:"
            yield indent(target.refusal, "    ")


def _sentence(answer: CoverageReport) -> str:
    """What a runtime says of the whole model."""
    remark = answer.remark.rstrip(". ")
    if answer.loads is None:
        return f"{answer.runtime} was not asked: {remark}"
    says = f"{answer.runtime} ({answer.answered_by}) {'takes' if answer.loads else 'refuses'} the model"
    reasons = dict.fromkeys(f"{op.op}: {op.reason.rstrip('. ')}" for op in answer.refused)
    return says + "".join(f"; {text}" for text in (remark, *reasons) if text)


def _some(layers: Sequence[str]) -> str:
    shown = [layer for layer in layers if layer][:_MOST_LAYERS]
    more = len([layer for layer in layers if layer]) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    for row in (header, *rows):
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
