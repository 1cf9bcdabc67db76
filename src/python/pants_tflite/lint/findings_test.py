# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a linter says of its findings."""

from __future__ import annotations

from pants_tflite.lint.findings import Finding, listed, render_findings


def test_findings_are_sorted_and_told_once() -> None:
    second = Finding("m:b", "text", "it splits text", "Split it in the app.")
    first = Finding(
        "m:a",
        "batch",
        "it has the batch 4",
        "Use 1.",
        runtime="all",
        code=("m/train.py:4", "m/train.py:9"),
        silence='`ignore=["batch"]`',
    )
    assert render_findings([second, first, second], silence="Skip them.") == (
        "m:a: batch: it has the batch 4.\n"
        "    Code: m/train.py:4; m/train.py:9\n"
        "    Runtime: all\n"
        "    Instead: Use 1.\n"
        '    Silence: `ignore=["batch"]`\n'
        "m:b: text: it splits text.\n"
        "    Instead: Split it in the app.\n"
        "\n"
        "Skip them.\n"
    )


def test_nothing_is_said_of_nothing() -> None:
    assert render_findings([], silence="Skip them.") == ""


def test_names_are_listed_once() -> None:
    assert listed(["b", "a", "b"]) == "`b`, `a`"
