# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""How a report differs from that of another commit, in data and in Markdown for a pull request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Optional

from pants_tflite.sandbox.reporting.changes_protocol import Change, Changes
from pants_tflite.sandbox.reporting.number_texts import (
    BYTES,
    ERROR,
    OPS,
    RATIO,
    SCORE,
    format_difference,
    format_percent,
    format_score,
    format_value,
)
from pants_tflite.sandbox.reporting.report_protocol import Report, ReportedModel, error_of
from pants_tflite.sandbox.reporting.timings_protocol import Timings

# What two measurements of the same model may differ by on a noisy machine.
_NOISE_OF_RATIOS = 0.1
SIZE, LATENCY = "size", "latency ratio"


@dataclass(frozen=True)
class Budgets:
    """How much worse a model may get: its size by `growth` bytes or as a share of it, its score by
    `score_drop`, and its latency, relative to its baseline's, by a share of it. None is any."""

    growth: Optional[int] = None
    growth_share: Optional[float] = None
    score_drop: Optional[float] = None
    slowdown_share: Optional[float] = None


def compare(
    report: Report,
    against: Report,
    budgets: Budgets,
    *,
    timings: Optional[Timings] = None,
    timings_against: Optional[Timings] = None,
) -> Changes:
    """What changed from `against` to `report`: the worst first, budgets that are broken before all."""
    new = {model.address: model for model in report.models}
    old = {model.address: model for model in against.models}
    changes = [
        change
        for address in sorted(new.keys() & old.keys())
        for change in _compare_models(old[address], new[address], budgets)
    ]
    if timings is not None and timings_against is not None:
        changes.extend(_compare_times(timings_against, timings, budgets))
    changes.sort(key=lambda c: (c.broken is None, not c.is_worse, c.address, c.quantity))
    touched = {change.address for change in changes}
    return Changes(
        changes=tuple(changes),
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        unchanged=len((new.keys() & old.keys()) - touched),
    )


def _compare_models(old: ReportedModel, new: ReportedModel, budgets: Budgets) -> Iterator[Change]:
    def change(quantity: str, unit: str, before: float, after: float) -> Iterator[Change]:
        if before != after:
            broken = _broken_size(before, after, budgets) if quantity == SIZE else None
            yield Change(new.address, quantity, unit, before, after, after > before, broken)

    yield from change(SIZE, BYTES, old.size, new.size)
    if old.arena is not None and new.arena is not None:
        yield from change("arena", BYTES, old.arena, new.arena)
    yield from change("ops", OPS, len(old.computing_ops), len(new.computing_ops))
    if old.worst_op is not None and new.worst_op is not None:
        yield from change(
            "largest layer error", ERROR, error_of(old.worst_op), error_of(new.worst_op)
        )
    scores = {(score.metric, score.dataset, score.test): score for score in old.scores}
    for score in new.scores:
        before = scores.get((score.metric, score.dataset, score.test))
        if before is not None and before.score != score.score:
            drop = (
                before.score - score.score if score.higher_is_better else score.score - before.score
            )
            yield Change(
                address=new.address,
                quantity=f"{score.metric} on {score.dataset}",
                unit=SCORE,
                before=before.score,
                after=score.score,
                is_worse=drop > 0,
                broken=_broken_score(drop, budgets),
            )


def _broken_size(before: float, after: float, budgets: Budgets) -> Optional[str]:
    growth = after - before
    if budgets.growth is not None and growth > budgets.growth:
        return f"grew by {growth:,.0f} bytes, more than {budgets.growth:,}"
    if budgets.growth_share is not None and growth > budgets.growth_share * before:
        share = format_percent(growth / before) if before else "∞"
        return f"grew by {share}, more than {format_percent(budgets.growth_share)}"
    return None


def _broken_score(drop: float, budgets: Budgets) -> Optional[str]:
    # Scores are quotients of small numbers, so a drop may be off by its last binary digit.
    if budgets.score_drop is not None and drop > budgets.score_drop + 1e-9:
        return f"lost {format_score(drop)} of its score, more than {budgets.score_drop:g}"
    return None


def _compare_times(old: Timings, new: Timings, budgets: Budgets) -> Iterator[Change]:
    ratios = {model.address: model.ratio for model in old.models}
    for model in new.models:
        before = ratios.get(model.address)
        if before is None or model.ratio is None:
            continue
        share = model.ratio / before - 1
        broken = None
        if budgets.slowdown_share is not None and share > budgets.slowdown_share:
            limit = format_percent(budgets.slowdown_share)
            broken = f"slowed by {format_percent(share)}, more than {limit}"
        if broken or abs(share) > _NOISE_OF_RATIOS:
            yield Change(
                model.address, LATENCY, RATIO, before, model.ratio, model.ratio > before, broken
            )


def render_markdown(changes: Changes) -> bytes:
    """The changes for people, as a comment on a pull request."""
    lines = ["## Changes of the models", ""]
    if changes.broken:
        lines += ["**Over budget:**", "", *(f"- {_escape(text)}" for text in changes.broken), ""]
    if changes.changes:
        lines += ["| | model | what | before | after | change |", "|---|---|---|---:|---:|---:|"]
        lines += [_row(change) for change in changes.changes]
        lines.append("")
    for title, addresses in (("New", changes.added), ("Gone", changes.removed)):
        if addresses:
            lines += [f"{title}: {', '.join(_code(address) for address in addresses)}.", ""]
    others = (
        "No model changed."
        if not changes.changes
        else f"{changes.unchanged} others did not change."
    )
    return "\n".join([*lines, others, ""]).encode()


def _row(change: Change) -> str:
    sign = "❌" if change.broken else "▲" if change.is_worse else "▽"
    cells = (
        f"{sign} {'over budget' if change.broken else 'worse' if change.is_worse else 'better'}",
        _code(change.address),
        _escape(change.quantity),
        format_value(change.before, change.unit),
        format_value(change.after, change.unit),
        format_difference(change.before, change.after, change.unit),
    )
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    return f"`{text.replace('`', '').replace('|', chr(92) + '|')}`"


def _escape(text: str) -> str:
    """Text that Markdown takes for nothing else."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]<>|#" else letter for letter in text)
