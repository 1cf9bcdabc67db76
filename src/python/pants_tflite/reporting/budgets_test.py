# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest

from pants_tflite.errors import TfLiteError
from pants_tflite.reporting.budgets import parse_budgets
from pants_tflite.sandbox.reporting.changes import Budgets


def test_budgets_are_shares_or_sizes() -> None:
    parsed = parse_budgets(growth="5%", score_drop=0.01, slowdown="12.5 %")
    assert parsed == Budgets(growth_share=0.05, score_drop=0.01, slowdown_share=0.125)
    assert parse_budgets(growth="10KB", score_drop=None, slowdown=None) == Budgets(growth=10_000)
    assert parse_budgets(growth="0B", score_drop=0.0, slowdown="0%") == Budgets(
        growth=0, score_drop=0.0, slowdown_share=0.0
    )


@pytest.mark.parametrize(
    "options, message",
    [
        ({"growth": "10"}, "[tflite-report].max_growth = '10': that is not a budget."),
        ({"growth": "-5%"}, "[tflite-report].max_growth = '-5%'"),
        ({"growth": "1.5B"}, "[tflite-report].max_growth = '1.5B'"),
        ({"slowdown": "10ms"}, "[tflite-report].max_slowdown = '10ms'"),
        ({"score_drop": -0.1}, "[tflite-report].max_score_drop = '-0.1'"),
        ({"score_drop": float("nan")}, "[tflite-report].max_score_drop = 'nan'"),
    ],
)
def test_a_malformed_budget_names_its_option(options: dict, message: str) -> None:
    with pytest.raises(TfLiteError) as raised:
        parse_budgets(**{"growth": None, "score_drop": None, "slowdown": None, **options})
    assert message in str(raised.value)
    assert "Fix: Give " in str(raised.value)
