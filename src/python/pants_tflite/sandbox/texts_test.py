# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest

from pants_tflite.sandbox.texts import shorten, shorten_lines


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("the pass failed", 15, "the pass failed"),
        ("the pass\n  failed", 15, "the pass failed"),
        ("the pass failed", 14, "the pass …"),
        ("the pass failed", 8, "the pass …"),
        ("the pass failed", 7, "the …"),
        ("unpronounceable", 5, "unpronounceable …"),
        ("", 5, ""),
    ],
)
def test_no_word_is_cut(text: str, length: int, expected: str) -> None:
    assert shorten(text, length) == expected


def test_no_line_is_cut() -> None:
    lines = [f"line {number}" for number in range(1000)]
    short = shorten_lines("\n".join(lines), 200).splitlines()
    assert short[:2] == lines[:2] and short[-2:] == lines[-2:]
    assert set(short) - set(lines) == {"[…]"}
    assert len("\n".join(short)) <= 210
    assert shorten_lines("\n".join(lines), 100_000) == "\n".join(lines)


def test_a_line_too_long_for_all_ends_with_a_word() -> None:
    text = shorten_lines("begin " + "word " * 10_000 + "\nend", 1000)
    assert len(text) < 1100
    assert text.startswith("begin word") and text.endswith("word …\nend")
