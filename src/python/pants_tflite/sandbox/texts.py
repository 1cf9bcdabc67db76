# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Shortening other programs' messages without cutting a word or a line in two."""

from __future__ import annotations

_LEFT_OUT = "…"


def shorten(text: str, length: int) -> str:
    """`text` on one line, of about `length` characters, up to the end of a word."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    words = text[: length + 1].rpartition(" ")[0] or text.partition(" ")[0]
    return f"{words} {_LEFT_OUT}"


def shorten_lines(text: str, length: int) -> str:
    """The first and the last lines of `text`, of about `length` characters together."""
    if len(text) <= length:
        return text
    lines = [
        line if len(line) <= length // 4 else shorten(line, length // 4)
        for line in text.splitlines()
    ]
    first = _lines_within(lines, length // 2)
    last = _lines_within(lines[first:][::-1], length // 2)
    if first + last >= len(lines):
        return "\n".join(lines)
    return "\n".join([*lines[:first], f"[{_LEFT_OUT}]", *lines[len(lines) - last :]])


def _lines_within(lines: list[str], length: int) -> int:
    """How many of the first of `lines` fit into `length` characters."""
    for count, line in enumerate(lines):
        length -= len(line) + 1
        if length < 0:
            return count
    return len(lines)
