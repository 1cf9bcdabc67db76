# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest

from pants_tflite.sandbox.reporting.changes import Budgets, compare, render_markdown
from pants_tflite.sandbox.reporting.changes_protocol import Change, Changes
from pants_tflite.sandbox.reporting.report_protocol import Report, ReportedModel
from pants_tflite.sandbox.reporting.testing_reports import ADDRESS, model, op, score
from pants_tflite.sandbox.reporting.timings_protocol import ModelTimes, Timings

INT8 = f"{ADDRESS}int8"


def changes(
    old: ReportedModel, new: ReportedModel, budgets: Budgets = Budgets()
) -> tuple[Change, ...]:
    return compare(Report((new,)), Report((old,)), budgets).changes


def test_equal_reports_have_no_changes() -> None:
    report = Report((model(), model("float32")))
    assert compare(report, report, Budgets(growth=0, score_drop=0.0)) == Changes((), (), (), 2)


def test_every_quantity_that_changed_is_there() -> None:
    old = model(arena=64, ops=(op(accumulated=0.1, isolated=0.1),))
    new = model(
        size=900, arena=80, scores=(score(0.9),), ops=(op(isolated=0.2), op(1, isolated=0.3))
    )
    assert [(c.quantity, c.before, c.after, c.is_worse) for c in changes(old, new)] == [
        ("accuracy on models/digits:validation", 0.95, 0.9, True),
        ("arena", 64, 80, True),
        ("largest layer error", 0.1, 0.3, True),
        ("ops", 1, 2, True),
        ("size", 1000, 900, False),
    ]


def test_of_errors_less_is_better() -> None:
    old = model(scores=(score(0.5, metric="mae", higher_is_better=False),))
    new = model(scores=(score(0.4, metric="mae", higher_is_better=False),))
    assert [c.is_worse for c in changes(old, new)] == [False]
    assert [c.is_worse for c in changes(new, old)] == [True]


def test_a_score_of_another_dataset_is_not_compared() -> None:
    assert not changes(model(), model(scores=(score(0.1, dataset="other:data"),)))


@pytest.mark.parametrize(
    "size, budgets, broken",
    [
        (1010, Budgets(growth=10), None),
        (1011, Budgets(growth=10), "grew by 11 bytes, more than 10"),
        (1050, Budgets(growth_share=0.05), None),
        (1051, Budgets(growth_share=0.05), "grew by 5.10\xa0%, more than 5.00\xa0%"),
        (900, Budgets(growth=0, growth_share=0.0), None),
    ],
)
def test_budget_of_size(size: int, budgets: Budgets, broken: str | None) -> None:
    (change,) = changes(model(), model(size=size), budgets)
    assert change.broken == broken


@pytest.mark.parametrize(
    "new, broken", [(0.94, None), (0.93, "lost 0.0200 of its score, more than 0.01")]
)
def test_budget_of_scores(new: float, broken: str | None) -> None:
    (change,) = changes(model(), model(scores=(score(new),)), Budgets(score_drop=0.01))
    assert change.broken == broken


def times(ratio: float | None) -> Timings:
    return Timings((ModelTimes(INT8, 1.0, ratio, {}, None),))


@pytest.mark.parametrize(
    "ratio, limit, count, broken",
    [
        (0.52, None, 0, None),
        (0.60, None, 1, None),
        (0.52, 0.01, 1, "slowed by 4.00\xa0%, more than 1.00\xa0%"),
        (0.60, 0.25, 1, None),
        (None, 0.0, 0, None),
    ],
)
def test_latency_is_compared_by_its_ratio(
    ratio: float | None, limit: float | None, count: int, broken: str | None
) -> None:
    report = Report((model(),))
    found = compare(
        report,
        report,
        Budgets(slowdown_share=limit),
        timings=times(ratio),
        timings_against=times(0.5),
    )
    assert len(found.changes) == count
    assert [c.broken for c in found.changes] == [broken] * count
    assert found.broken == ((f"{INT8}: {broken}",) if broken else ())


def test_markdown_names_what_is_over_budget_first() -> None:
    old = Report((model(), model("float32"), model("float16")))
    new = Report((model(size=2000), model("float32", scores=(score(0.99),)), model("int16x8")))
    text = render_markdown(compare(new, old, Budgets(growth_share=0.5))).decode()
    assert text.splitlines() == [
        "## Changes of the models",
        "",
        "**Over budget:**",
        "",
        f"- {INT8}: grew by 100\xa0%, more than 50.0\xa0%",
        "",
        "| | model | what | before | after | change |",
        "|---|---|---|---:|---:|---:|",
        f"| ❌ over budget | `{INT8}` | size | 1.00\xa0kB | 2.00\xa0kB | +1.00\xa0kB (+100\xa0%) |",
        f"| ▽ better | `{ADDRESS}float32` | accuracy on models/digits:validation "
        "| 0.9500 | 0.9900 | +0.0400 |",
        "",
        f"New: `{ADDRESS}int16x8`.",
        "",
        f"Gone: `{ADDRESS}float16`.",
        "",
        "0 others did not change.",
    ]


def test_markdown_takes_no_commands_from_names() -> None:
    old = model(scores=(score(0.9, metric="<script>|*x*"),))
    new = model(scores=(score(0.8, metric="<script>|*x*"),))
    text = render_markdown(compare(Report((new,)), Report((old,)), Budgets())).decode()
    assert r"\<script\>\|\*x\* on models/digits:validation" in text
