# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pants_tflite.sandbox.scoring.judge import main, verdict_lines
from pants_tflite.sandbox.scoring.judge_protocol import (
    BlamedLayer,
    JudgeRequest,
    Latency,
    RuntimeDifference,
    RuntimeScore,
    Verdict,
)
from pants_tflite.sandbox.scoring.score_protocol import ScoreReport, WorstSample

WORST = (WorstSample(17, 2, 0, 0.42), WorstSample(3, [0.5, 1.25], [1.0, 2.0], 0.123456))
ACCURACY = ScoreReport("accuracy", 0.9, 60, "scores", decisions=60, wrong=6, worst=WORST)
REQUEST = JudgeRequest(
    higher_is_better=True,
    scores=(RuntimeScore("litert", ACCURACY),),
    baseline=replace(ACCURACY, score=0.95),
    differences=(RuntimeDifference("micro", "litert", 60, 2, WORST[:1]),),
    size=1500,
    arena=4096,
    latency=Latency(0.002, 0.001, 2.0, 61),
    min_score=None,
    max_score=None,
    max_score_drop=None,
    max_size=None,
    max_arena=None,
    max_latency_ratio=None,
    max_differing_decisions=None,
)


def judge(**changes: Any) -> list[tuple[str, bool]]:
    return [(check.budget, check.passed) for check in replace(REQUEST, **changes).checks()]


@pytest.mark.parametrize(
    "budget, limit, passed",
    [
        ("min_score", 0.9, True),
        ("min_score", 0.91, False),
        ("max_score", 0.9, True),
        ("max_score", 0.89, False),
        ("max_score_drop", 0.05, True),
        ("max_score_drop", 0.04, False),
        ("max_size", 1500, True),
        ("max_size", 1499, False),
        ("max_arena", 4096, True),
        ("max_arena", 4095, False),
        ("max_latency_ratio", 2.0, True),
        ("max_latency_ratio", 1.9, False),
        ("max_differing_decisions", 2, True),
        ("max_differing_decisions", 1, False),
    ],
)
def test_every_budget_passes_what_is_within_it_and_nothing_else(
    budget: str, limit: float, passed: bool
) -> None:
    ((name, result),) = judge(**{budget: limit})
    assert name.startswith(f"{budget}=")
    assert result is passed


def test_a_drop_is_a_worsening_whichever_side_is_better() -> None:
    better = replace(ACCURACY, score=0.8)
    assert judge(max_score_drop=0, baseline=better) == [("max_score_drop=0 on litert", True)]
    lower = {"max_score_drop": 0.05, "higher_is_better": False}
    assert judge(**lower, baseline=better)[0][1] is False
    assert judge(**lower, baseline=replace(ACCURACY, score=2.0))[0][1] is True


def test_a_budget_holds_on_each_runtime() -> None:
    scores = (*REQUEST.scores, RuntimeScore("micro", replace(ACCURACY, score=0.5)))
    assert judge(min_score=0.8, scores=scores) == [
        ("min_score=0.8 on litert", True),
        ("min_score=0.8 on micro", False),
    ]


def test_what_is_printed_of_a_test_that_passes() -> None:
    request = replace(REQUEST, min_score=0.8, max_score_drop=0.05, max_size=3000)
    assert list(verdict_lines(request)) == [
        "passed  min_score=0.8 on litert: accuracy is 0.9 on 60 samples (6 of 60 decisions wrong)",
        "passed  max_score_drop=0.05 on litert: accuracy is 0.9, and the baseline's 0.95: 0.05 worse",
        "passed  max_size=3,000 bytes: the model has 1,500 bytes",
        "        2 of 60 decisions on micro differ from those on litert",
    ]


def test_what_is_printed_of_a_test_that_fails() -> None:
    layers = (
        BlamedLayer("CONV_2D", "stem/conv", "stem", isolated=0.4, accumulated=0.41),
        BlamedLayer("ADD", "sum", "", isolated=0.2, accumulated=0.5),
    )
    request = replace(REQUEST, min_score=0.99, max_size=3000, blamed=layers)
    assert list(verdict_lines(request)) == [
        "FAILED  min_score=0.99 on litert: accuracy is 0.9 on 60 samples (6 of 60 decisions wrong)",
        "passed  max_size=3,000 bytes: the model has 1,500 bytes",
        "",
        "The worst samples on litert:",
        "  sample        label  prediction    loss",
        "      17            2           0    0.42",
        "       3  [0.5, 1.25]      [1, 2]  0.1235",
        "",
        "2 of 60 decisions on micro differ from those on litert.",
        "  sample  litert  micro  loss",
        "      17       2      0  0.42",
        "",
        "The op that makes most of the error: CONV_2D, which yields `stem/conv` in the layer `stem`: "
        "its own error is 0.4, and with those before it 0.41.",
        "Then ADD, which yields `sum`: its own error is 0.2, and with those before it 0.5.",
        "Errors are relative to the spread of the float model's values.",
    ]


def test_samples_are_not_listed_if_only_the_size_is_wrong() -> None:
    lines = list(verdict_lines(replace(REQUEST, min_score=0.8, max_size=1000, differences=())))
    assert [line.split()[0] for line in lines] == ["passed", "FAILED"]


def test_the_exit_code_is_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    main(replace(REQUEST, max_size=3000))
    assert Verdict.parse(Path("out/verdict.json").read_bytes()).checks[0].passed
    with pytest.raises(SystemExit) as exited:
        main(replace(REQUEST, max_size=1000))
    assert exited.value.code == 1
    assert not Verdict.parse(Path("out/verdict.json").read_bytes()).checks[0].passed
    assert "FAILED  max_size=1,000 bytes: the model has 1,500 bytes" in capsys.readouterr().out


def test_a_request_survives_its_journey() -> None:
    request = replace(REQUEST, min_score=0.99)
    assert JudgeRequest.parse(request.render()) == request
