# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a linter says of its findings."""

from __future__ import annotations

from pants_tflite.errors import Mistake, TfLiteError
from pants_tflite.lint.findings import Finding, listed, render_findings, unbuilt_finding


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


def test_the_error_of_a_build_ends_as_any_sentence() -> None:
    finding = unbuilt_finding("m:m", "it cannot be built", TfLiteError("m:m: no.\n\nFix: Do it."))
    assert finding.render().splitlines()[:2] == [
        "m:m: build: it cannot be built: m:m: no.",
        "    Fix: Do it.",
    ]


def test_an_op_that_the_converter_refuses_is_replaced() -> None:
    mistake = Mistake(
        "there is no op `Erf`",
        field="saved_model",
        value="Erf, Nothing",
        fix="Use another.",
        detail="the\n\nconverter's words",
        nodes=("net/Erf",),
    )
    finding = unbuilt_finding("m:m", "it cannot be built", mistake.at("m:m"))
    text = finding.render()
    assert "Instead: Use `tf.tanh(1.1283792" in text
    assert "Fix: Use another.\n" in text and "converter" not in text
    mistake.nodes = ()
    assert "converter's words" in unbuilt_finding("m:m", "it", mistake.at("m:m")).render()
