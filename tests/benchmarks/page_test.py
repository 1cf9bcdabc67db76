# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.page import PAGE, fill, growth_table, time_table, verdicts

RESULTS = Path(__file__).parent / "results.json"


def times(*seconds: float, load: float = 1.0) -> dict[str, Any]:
    return {"load": [load] * len(seconds), "seconds": list(seconds)}


def test_the_page_has_the_tables_of_the_checked_in_results() -> None:
    text = PAGE.read_text()
    assert fill(text, json.loads(RESULTS.read_text())) == text


def test_a_cell_has_the_median_and_its_ratio_to_pants() -> None:
    found = time_table({"no-op": {"dvc": times(12, 4, 8), "pants": times(2, 2, 9)}})
    assert found.splitlines()[0] == "| build | pants | dvc | rounds | load |"
    assert found.splitlines()[2] == "| no-op | 2.00 s | 8.00 s (4.00) | 3 | 1.0 to 1.0 |"


def test_what_a_contender_was_not_asked_for_is_empty() -> None:
    found = time_table(
        {"cold": {"make": times(20)}, "kernel": {"pants": times(5, load=0.2)}}
    ).splitlines()
    assert found[2:] == [
        "| cold |  | 20 s | 1 | 1.0 to 1.0 |",
        "| kernel | 5.00 s |  | 1 | 0.2 to 0.2 |",
    ]


def test_growth_is_in_the_order_of_the_number_of_models() -> None:
    parts = {
        f"monorepo of {models}": {
            "models": models,
            "memory_mb": {"in the end": models + 400},
            "times": {"no-op": {"pants": times(models / 100)}},
        }
        for models in (1000, 10)
    }
    rows = growth_table(parts).splitlines()[2:]
    assert rows == ["| 10 | 0.10 s |  |  |  | 410 MB |", "| 1000 | 10 s |  |  |  | 1400 MB |"]


def test_a_page_without_a_place_for_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="0 places"):
        fill("# Benchmarks\n", {})


def results(*, noop: float, dvc: float, cold: float) -> dict[str, Any]:
    parts: dict[str, Any] = {
        f"monorepo of {models}": {
            "models": models,
            "memory_mb": {"in the end": 700},
            "times": {"no-op": {"pants": times(noop * models / 1000), "dvc": times(dvc)}},
        }
        for models in (10, 100, 1000)
    }
    parts["no-op"] = {"times": {"no-op": {"pants": times(0.2)}}}
    parts["models"] = {"times": {"cold": {"pants": times(cold), "script": times(100)}}}
    parts["shared-cache"] = {
        "shared": {"hits": 210, "requests": 210, "errors": 0, "same_bytes": True},
        "times": {},
    }
    return parts


def test_what_must_hold_holds() -> None:
    found = verdicts(results(noop=0.9, dvc=5, cold=70))
    assert [verdict.holds for verdict in found] == [True] * 7


def test_what_must_hold_does_not() -> None:
    slow = results(noop=6, dvc=5, cold=90)
    slow["no-op"]["times"]["no-op"]["pants"] = times(0.5)
    slow["monorepo of 100"]["times"]["no-op"]["pants"] = times(0.1)
    slow["monorepo of 1000"]["memory_mb"]["in the end"] = 1200
    slow["shared-cache"]["shared"].update(hits=209, errors=1)
    found = verdicts(slow)
    assert [verdict.holds for verdict in found] == [False] * 7
    assert found[-1].measured == "209 of 210 found, 1 requests failed, the same bytes"


def test_what_was_not_measured_does_not_hold() -> None:
    assert {verdict.holds for verdict in verdicts({})} == {None}
