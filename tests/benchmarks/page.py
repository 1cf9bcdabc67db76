# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The tables of docs/benchmarks.md, from the figures of a run."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_BEGIN = "<!-- tables: written by python -m tests.benchmarks --write-page -->"
_END = "<!-- end of tables -->"
# The column of other contenders is compared with this one's.
_OURS = "pants"
_ORDER = ("pants", "script", "make", "bazel", "dvc", "pants, 1 file")
_MOMENTS = ("before", "after the first build", "in the end")
_TITLES = {
    "models": "This repository's models",
    "no-op": "All examples of this repository, nothing changed",
    "shared-cache": "A cold machine with a warm shared cache",
}


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def _rank(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def time_table(times: Mapping[str, Any]) -> str:
    """Medians by the kind of build. In brackets is how they compare with Pants': 2.0 is twice its time.
    The load is that of the machine when these builds began."""
    names = sorted({name for by_name in times.values() for name in by_name}, key=_rank)
    rows = []
    for kind, by_name in times.items():
        ours = statistics.median(by_name[_OURS]["seconds"]) if _OURS in by_name else None
        cells = []
        loads: list[float] = []
        for name in names:
            found = by_name.get(name)
            if found is None:
                cells.append("")
                continue
            loads += found["load"]
            median = statistics.median(found["seconds"])
            ratio = f" ({median / ours:.2f})" if ours and name != _OURS else ""
            cells.append(f"{_seconds(median)}{ratio}")
        rounds = max(len(found["seconds"]) for found in by_name.values())
        rows.append([kind, *cells, str(rounds), f"{min(loads):.1f} to {max(loads):.1f}"])
    return _table(["build", *names, "rounds", "load"], rows)


def growth_table(results: Mapping[str, Any]) -> str:
    """How Pants' times and memory grow with the number of models."""
    rows = []
    found = sorted(
        (part for part in results.values() if "models" in part), key=lambda part: part["models"]
    )
    for part in found:
        nothing = part["times"]["no-op"]
        medians = {name: statistics.median(t["seconds"]) for name, t in nothing.items()}
        memory = part["memory_mb"]
        rows.append(
            [
                str(part["models"]),
                _seconds(medians[_OURS]) if _OURS in medians else "",
                _seconds(medians["pants, 1 file"]) if "pants, 1 file" in medians else "",
                *(f"{memory[m]} MB" if memory.get(m) else "" for m in _MOMENTS),
            ]
        )
    headings = ["models", "no-op", "no-op of 1 file there", *(f"memory {m}" for m in _MOMENTS)]
    return _table(headings, rows)


@dataclass(frozen=True)
class Verdict:
    """A figure that must hold, what it was, and whether it does; None if it was not measured."""

    figure: str
    measured: str
    holds: bool | None

    def cells(self) -> list[str]:
        word = {True: "yes", False: "**no**", None: "not measured"}[self.holds]
        return [self.figure, self.measured, word]


def _median(results: Mapping[str, Any], part: str, kind: str, name: str = _OURS) -> float | None:
    found = results.get(part, {}).get("times", {}).get(kind, {}).get(name)
    return statistics.median(found["seconds"]) if found else None


def _at_most(figure: str, measured: float | None, limit: float, unit: str = " s") -> Verdict:
    if measured is None:
        return Verdict(figure, "", None)
    text = f"{measured:.2f}{unit}" if measured < 10 else f"{measured:.0f}{unit}"
    return Verdict(figure, text, measured <= limit)


def _against_dvc(results: Mapping[str, Any]) -> Verdict:
    ratios = [
        theirs / ours
        for part in results
        if (ours := _median(results, part, "no-op"))
        and (theirs := _median(results, part, "no-op", "dvc"))
    ]
    figure = "nothing changed: never slower than DVC"
    if not ratios:
        return Verdict(figure, "", None)
    return Verdict(figure, f"DVC takes {min(ratios):.1f} times as long or more", min(ratios) >= 1)


def _growth(results: Mapping[str, Any]) -> Verdict:
    figure = "ten times the models take at most ten times as long, if nothing changed"
    medians = [_median(results, f"monorepo of {count}", "no-op") for count in (10, 100, 1000)]
    found = [median for median in medians if median is not None]
    if len(found) < len(medians):
        return Verdict(figure, "", None)
    factors = [after / before for before, after in zip(found, found[1:])]
    return Verdict(figure, " and ".join(f"{factor:.1f}" for factor in factors), max(factors) <= 10)


def _shared(results: Mapping[str, Any]) -> Verdict:
    figure = "cold machine, warm shared cache: all steps found, the same bytes"
    found = results.get("shared-cache", {}).get("shared", {})
    if not found:
        return Verdict(figure, "", None)
    bytes_ = "the same bytes" if found["same_bytes"] else "other bytes"
    errors = f", {found['errors']} requests failed" if found["errors"] else ""
    measured = f"{found['hits']} of {found['requests']} found{errors}, {bytes_}"
    return Verdict(figure, measured, found["hits"] == found["requests"] and found["same_bytes"])


def verdicts(results: Mapping[str, Any]) -> list[Verdict]:
    """The figures that this project wants to hold, and whether they do."""
    memory = results.get("monorepo of 1000", {}).get("memory_mb", {}).get("in the end")
    ours, script = (_median(results, "models", "cold", name) for name in (_OURS, "script"))
    return [
        _at_most(
            "all examples of this repository, nothing changed: at most 0.25 s",
            _median(results, "no-op", "no-op"),
            0.25,
        ),
        _at_most(
            "1,000 models, nothing changed: at most 1 s",
            _median(results, "monorepo of 1000", "no-op"),
            1,
        ),
        _growth(results),
        _against_dvc(results),
        _at_most("Pants' daemon with 1,000 models: below 1,000 MB", memory, 999, " MB"),
        _at_most(
            "cold conversion of all variants of digits and cats_vs_dogs: at most 0.8 of the script's time",
            ours / script if ours and script else None,
            0.8,
            "",
        ),
        _shared(results),
    ]


def verdict_table(results: Mapping[str, Any]) -> str:
    rows = [verdict.cells() for verdict in verdicts(results)]
    return _table(["must hold", "measured", "holds"], rows)


def machine_lines(machine: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['date']}: {machine['cores']} cores ({machine['processor']}, {machine['machine']}), "
        f"{machine['memory_gib']} GiB, {machine['file_system']}, {machine['system']}; CPython {machine['python']}, {versions}."
    )


def tables(results: Mapping[str, Any]) -> str:
    """All tables, in Markdown."""
    parts = ["### What must hold\n\n" + verdict_table(results)]
    monorepos = sorted(
        (name for name in results if "models" in results[name]),
        key=lambda name: int(results[name]["models"]),
    )
    if monorepos:
        parts.append("### How Pants grows\n\n" + growth_table(results))
    for name in (*monorepos, "shared-cache", "no-op", "models"):
        if name in results:
            title = _TITLES.get(name, f"A {name} models")
            part = results[name]
            machine = machine_lines(part["machine"])
            parts.append(f"### {title}\n\n{time_table(part['times'])}\n\n{machine}")
    return "\n\n".join(parts)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def fill(text: str, results: Mapping[str, Any]) -> str:
    """The page's text with the tables of these results between its markers."""
    found = f"{_BEGIN}\n\n{tables(results)}\n\n{_END}"
    pattern = re.escape(_BEGIN) + r".*?" + re.escape(_END)
    filled, count = re.subn(pattern, lambda _: found, text, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"the page has {count} places for tables")
    return filled


def write(results: Mapping[str, Any]) -> None:
    PAGE.write_text(fill(PAGE.read_text(), results))
