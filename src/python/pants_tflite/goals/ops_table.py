# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `tflite-ops` prints: pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Iterable, Optional, Sequence

from pants_tflite.sandbox.saved_models.list_graph_ops_protocol import GraphOpCount
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse

_MOST_LAYERS = 2


@dataclass(frozen=True)
class TargetOps:
    """The ops of a target: those of its SavedModel in TensorFlow, and those of its `.tflite` file. Each is
    None if the target has no such form."""

    address: str
    graph_ops: Optional[tuple[GraphOpCount, ...]]
    ops: Optional[tuple[OpUse, ...]]


@dataclass(frozen=True)
class OpSummary:
    """All uses of an op in one version."""

    op: str
    version: int
    custom: bool
    count: int
    dtypes: tuple[str, ...]
    macs: int
    layers: tuple[str, ...]

    @classmethod
    def of(cls, uses: Iterable[OpUse]) -> tuple[OpSummary, ...]:
        """A summary for each op and version, sorted by them."""
        groups: dict[tuple[str, int, bool], list[OpUse]] = {}
        for use in uses:
            groups.setdefault((use.op, use.version, use.custom), []).append(use)
        return tuple(
            cls(
                *key,
                count=len(group),
                dtypes=tuple(sorted({dtype for use in group for dtype in use.dtypes})),
                macs=sum(use.macs for use in group),
                layers=tuple(sorted({use.layer for use in group if use.layer})),
            )
            for key, group in sorted(groups.items())
        )


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
                else [asdict(summary) for summary in OpSummary.of(target.ops)]
            ),
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
        summaries = OpSummary.of(target.ops)
        yield from _table(
            ("TensorFlow Lite op", "version", "count", "types", "MACs", "layers"),
            [
                (
                    f"{s.op} (custom)" if s.custom else s.op,
                    str(s.version),
                    str(s.count),
                    " ".join(s.dtypes),
                    f"{s.macs:,}" if s.macs else "",
                    _some(s.layers),
                )
                for s in summaries
            ],
        )
        total = sum(s.macs for s in summaries)
        yield f"  {sum(s.count for s in summaries)} ops, {total:,} multiply-accumulates"


def _some(layers: Sequence[str]) -> str:
    shown = [layer for layer in layers if layer][:_MOST_LAYERS]
    more = len([layer for layer in layers if layer]) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    for row in (header, *rows):
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
