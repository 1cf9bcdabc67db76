# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The table of a search."""

from __future__ import annotations

from pants_tflite.evaluation.tuning.candidates import Candidate, Kept, Outcome
from pants_tflite.evaluation.tuning.table import render_table, render_times

BEST = Outcome(
    Candidate("int8", kept=(Kept("CONV_2D", "a|b/Conv", "float16"),)),
    1234,
    {"m:t: accuracy": 0.95},
    (),
)
TRIED = (
    Outcome(Candidate("float32"), 4000, {"m:t: accuracy": 0.96}, ()),
    Outcome(
        Candidate("int8", per_channel=False, calibration_samples=50),
        1000,
        {"m:t: accuracy": 0.9},
        ("the accuracy is too low",),
    ),
    Outcome(Candidate("int16x8"), None, {}, (), refusal="no kernel"),
    BEST,
)


def test_a_row_for_each_candidate() -> None:
    lines = render_table("m:model", TRIED, BEST, samples=200).splitlines()
    assert lines[4:] == [
        "| mode | scales for each | calibration samples | kept finer | bytes | m:t: accuracy | "
        "meets the budgets |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| float32 | none | none | none | 4,000 | 0.96 | yes |",
        "| int8 | tensor | 50 | none | 1,000 | 0.9 | the accuracy is too low |",
        "| int16x8 | channel | 200 | none | none | none | no kernel |",
        r"| int8 | channel | 200 | CONV\_2D a\|b/Conv: float16 | 1,234 | 0.95 | **chosen** |",
    ]


def test_times_are_a_page_of_their_own() -> None:
    page = render_times("m:model", [(BEST, 1.5)])
    assert r"| int8, CONV\_2D \`a\|b/Conv\` in float16 | 1,234 | 1.5 |" in page
    assert "1.5" not in render_table("m:model", TRIED, BEST, samples=None)
