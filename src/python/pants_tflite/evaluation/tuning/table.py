# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a search tried, as Markdown beside its recipe: pure."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence

from pants_tflite.evaluation.tuning.candidates import Candidate, Outcome

_YES = "yes"
_CHOSEN = "**chosen**"


def _cell(text: str) -> str:
    """Text as Markdown shows it, in a table."""
    escaped = "".join(f"\\{letter}" if letter in "\\|*_`<>[]" else letter for letter in text)
    return " ".join(escaped.split())


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _kept(candidate: Candidate) -> str:
    return (
        ", ".join(_cell(f"{op.op} {op.tensor}: {op.precision}") for op in candidate.kept) or "none"
    )


def _verdict(outcome: Outcome, best: Outcome) -> str:
    if outcome is best:
        return _CHOSEN
    if outcome.refusal is not None:
        return _cell(outcome.refusal)
    return _cell("; ".join(outcome.failures)) or _YES


def number(value: float) -> str:
    """A figure, short and the same on every machine."""
    return f"{value:.6g}"


def render_table(
    title: str, tried: Sequence[Outcome], best: Outcome, *, samples: Optional[int]
) -> str:
    """The page with a row for each candidate, in the order of the search. `samples` is the number of
    calibration samples."""
    names = sorted({name for outcome in tried for name in outcome.figures})
    head = ["mode", "scales for each", "calibration samples", "kept finer", "bytes"]
    head += [_cell(name) for name in names]
    rows = []
    for outcome in tried:
        candidate = outcome.candidate
        count = candidate.calibration_samples or samples
        rows.append(
            [
                candidate.mode,
                _granularity(candidate),
                str(count) if candidate.calibrates and count else "none",
                _kept(candidate),
                "none" if outcome.size is None else f"{outcome.size:,}",
                *(_figure(outcome.figures, name) for name in names),
                _verdict(outcome, best),
            ]
        )
    lines = [
        f"# {_cell(title)}",
        "",
        "Written by `pants tflite-tune`, next to the recipe that it chose: the smallest model of these that "
        "meets the budgets of the tests on it.",
        "",
        _row([*head, "meets the budgets"]),
        _row(["---"] * (len(head) + 1)),
        *(_row(row) for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _granularity(candidate: Candidate) -> str:
    if not candidate.has_int8_weights:
        return "none"
    return "channel" if candidate.per_channel else "tensor"


def _figure(figures: Mapping[str, float], name: str) -> str:
    return number(figures[name]) if name in figures else "none"


def render_times(title: str, milliseconds: Sequence[tuple[Outcome, float]]) -> str:
    """How long a call takes of candidates that meet the budgets, on the machine that searched."""
    lines = [
        f"# {_cell(title)}",
        "",
        "Measured on the machine that searched: another one has other times.",
        "",
        _row(["candidate", "bytes", "milliseconds a call"]),
        _row(["---"] * 3),
        *(
            _row([_cell(outcome.candidate.describe()), f"{outcome.size or 0:,}", number(time)])
            for outcome, time in milliseconds
        ),
    ]
    return "\n".join(lines) + "\n"
