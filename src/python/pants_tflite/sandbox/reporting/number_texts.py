# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Numbers of a report as people read them, the same in pages and in Markdown."""

from __future__ import annotations

BYTES, OPS, RATIO, SCORE, ERROR = "bytes", "ops", "ratio", "score", "error"
# Between a number and its unit, which no line may part.
SPACE = "\N{NO-BREAK SPACE}"
_STEPS = ((1_000_000, "MB"), (1_000, "kB"))


def format_bytes(size: float) -> str:
    """Three digits or more, and a decimal unit: 2.73 MB."""
    for step, unit in _STEPS:
        if abs(size) >= step:
            value = size / step
            return (
                f"{value:.{2 if abs(value) < 10 else 1 if abs(value) < 100 else 0}f}{SPACE}{unit}"
            )
    return f"{size:,.0f}{SPACE}B"


def format_percent(share: float) -> str:
    """Of a share of 1: 98.4 %."""
    return (
        f"{share * 100:.{0 if abs(share) >= 0.9995 else 1 if abs(share) >= 0.0995 else 2}f}{SPACE}%"
    )


def format_score(score: float) -> str:
    return f"{score:.4f}" if abs(score) < 1000 else f"{score:.4g}"


def format_value(value: float, unit: str) -> str:
    """A number with its unit."""
    if unit == BYTES:
        return format_bytes(value)
    if unit == RATIO:
        return f"{value:.2f}×"
    if unit == ERROR:
        return format_percent(value)
    return format_score(value) if unit == SCORE else f"{value:,.0f}"


def format_difference(before: float, after: float, unit: str) -> str:
    """How far it is from `before` to `after`: +12.0 kB (+4.1 %)."""
    difference = after - before
    sign = "+" if difference > 0 else "−"
    text = f"{sign}{format_value(abs(difference), unit)}"
    if unit == SCORE or not before:
        return text
    return f"{text} ({sign}{format_percent(abs(difference) / abs(before))})"
