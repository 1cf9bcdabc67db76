# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What is wrong with a `tflite_test` is said before any model is built."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.errors import TfLiteError
from pants_tflite.evaluation.budgets import Budgets
from pants_tflite.evaluation.fields import ModelTestFields
from pants_tflite.evaluation.plans import ModelTestPlan, PlanModelTestRequest
from pants_tflite.evaluation.settings import parse_arguments
from pants_tflite.evaluation.target_types import TfLiteTestTarget
from pants_tflite.testutil import new_rule_runner, write_workspace

MODELS = """\
tflite_file(name="a", source="a.tflite")
tflite_file(name="b", source="b.tflite")
tflite_file(name="micro", source="b.tflite", runtime="micro")
tflite_dataset(name="samples", entry_point="data.py:samples")
"""


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    return new_rule_runner([QueryRule(ModelTestPlan, [PlanModelTestRequest])])


def _fields(rule_runner: RuleRunner, text: str) -> ModelTestFields:
    """The fields that a BUILD file would hold, which is not written for each of them."""
    write_workspace(rule_runner, {"m/BUILD": MODELS, "m/a.tflite": "", "m/b.tflite": ""})
    values: dict[str, Any] = eval(f"dict({text})")
    return ModelTestFields.create(TfLiteTestTarget(values, Address("m", target_name="test")))


SCORED = 'model=":a", dataset=":samples"'


@pytest.mark.parametrize(
    "text, error",
    [
        (SCORED, "m:test: the test has no budget, so that every model passes it"),
        (f"{SCORED}, min_score=0.9", "field `min_score` = '0.9': there is no metric whose score"),
        (
            f'{SCORED}, min_score=0.9, metric="acuracy"',
            "field `metric` = 'acuracy': there is no such metric",
        ),
        (
            f'{SCORED}, metric="accuracy"',
            "field `metric` = 'accuracy': nothing is asked of the score",
        ),
        (
            'model=":a", metric="accuracy", min_score=0.9',
            "field `dataset`: there are no samples to score the model on",
        ),
        (
            f'{SCORED}, metric="accuracy", min_score=1.2',
            "no model meets it: the best score of `accuracy` is 1.",
        ),
        (f'{SCORED}, metric="auc", min_score=95', "95 % is 0.95"),
        (
            f'{SCORED}, metric="accuracy", min_score=0',
            "field `min_score` = '0': every model meets it: the worst score",
        ),
        (
            f'{SCORED}, metric="mae", max_score=-0.1',
            "field `max_score` = '-0.1': no model meets it: the best score of `mae` is 0",
        ),
        (f'{SCORED}, metric="mae", min_score=0.1', "`mae` is better if it is lower"),
        (f'{SCORED}, metric="f1", max_score=0.1', "`f1` is better if it is higher"),
        (
            f'{SCORED}, metric="accuracy", min_score="95%"',
            "field `min_score` = '95%': that is not a plain, finite number, without a unit",
        ),
        (f'{SCORED}, metric="mae", max_score=float("nan")', "not a plain, finite number"),
        ('model=":a", max_size="3 parsecs"', "field `max_size` = '3 parsecs': that is not a size"),
        ('model=":a", max_size="0B"', "field `max_size` = '0B': that is not a size"),
        (
            f'{SCORED}, metric="accuracy", max_score_drop=0.1',
            "field `baseline`: `max_score_drop` compares with a baseline, and there is none",
        ),
        ('model=":a", max_latency_ratio=1', "`max_latency_ratio` compares with a baseline"),
        ('model=":a", baseline=":b", max_latency_ratio=0', "the number must be greater than 0"),
        (
            f'{SCORED}, metric="agreement", min_score=0.9',
            '`metric="agreement"` compares with a baseline',
        ),
        (
            f'{SCORED}, metric="agreement", baseline=":b", max_score_drop=0.1',
            "the baseline agrees with itself",
        ),
        (
            'model=":a", baseline=":b", max_size="3MB"',
            "field `baseline` = ':b': nothing is compared",
        ),
        (
            f'{SCORED}, metric="accuracy", baseline=":b", max_score_drop=-0.1',
            "is not negative",
        ),
        (f'{SCORED}, metric="f1", baseline=":b", max_score_drop=1', "every model meets it"),
        (
            'model=":a", baseline=":a", max_latency_ratio=1',
            "field `baseline` = ':a': the baseline is the model itself",
        ),
        (
            'model=":a", baseline=":micro", max_latency_ratio=1',
            "a baseline runs with LiteRT, which refuses m:micro",
        ),
        (
            'model=":micro", dataset=":samples", metric="mae", max_score=1',
            "field `runtimes` = 'litert': LiteRT refuses the model m:micro",
        ),
        (f'{SCORED}, metric="mae", max_score=1, runtimes=["gpu"]', "field `runtimes` = 'gpu'"),
        (f'{SCORED}, metric="mae", max_score=1, runtimes=[]', "no runtime is named"),
        (
            f'{SCORED}, metric="mae", max_score=1, runtimes=["litert", "litert"]',
            "a runtime is named twice",
        ),
        (
            f'{SCORED}, metric="mae", max_score=1, runtimes=["litert", "micro"]',
            "field `runtimes` = 'micro': TensorFlow Lite Micro comes with the backend",
        ),
        (
            'model=":a", max_arena="4KB"',
            "field `max_arena` = '4KB': TensorFlow Lite Micro comes with",
        ),
        (
            f'{SCORED}, metric="accuracy", max_differing_decisions=1',
            "there is one runtime only",
        ),
        (
            f'{SCORED}, metric="mae", max_score=1, max_differing_decisions=1, '
            'runtimes=["litert", "reference"]',
            "the metric is not about decisions",
        ),
        (
            f'{SCORED}, metric="accuracy", min_score=0.9, untrained=True',
            "field `min_score` = '0.9': an untrained model has no score that says anything",
        ),
        (
            'model=":a", max_size="3MB", untrained=True',
            "m:a is a file, which was trained elsewhere",
        ),
        (f'{SCORED}, metric="f1", min_score=0.9, top_k=0', "field `top_k` = '0'"),
        (
            f'{SCORED}, metric="m.py:f", min_score=2, max_score=1',
            "no score is at least 2 and at most 1",
        ),
        (
            f'{SCORED}, metric="no.py:f", min_score=2',
            "field `metric` = 'no.py:f': there is no file",
        ),
        ('model=":samples", max_size="3MB"', "m:samples is a `tflite_dataset` target"),
        ('model=":a", dataset=":b", max_size="3MB", metric="f1", min_score=1', "m:b is a"),
    ],
)
def test_tests_that_say_nothing_or_what_none_can_meet(
    rule_runner: RuleRunner, text: str, error: str
) -> None:
    fields = _fields(rule_runner, text)
    with pytest.raises(ExecutionError, match=re.escape(error)) as raised:
        rule_runner.request(ModelTestPlan, [PlanModelTestRequest(fields)])
    assert "m:test" in str(raised.value)
    assert "Fix:" in str(raised.value)


@pytest.mark.parametrize(
    "text, expected",
    [
        ('metric="accuracy", min_score=0.95', {"min_score": 0.95, "higher_is_better": True}),
        ('metric="mae", max_score=2', {"max_score": 2.0, "higher_is_better": False}),
        ('metric="m.py:f", min_score=2', {"higher_is_better": True, "metric": None}),
        ('metric="m.py:f", max_score=2', {"higher_is_better": False}),
        ('metric="m.py:f", max_score=2, min_score=1', {"higher_is_better": True}),
        ('metric="m.py:f", baseline=":b", max_score_drop=0', {"higher_is_better": True}),
        ('max_size="3MB"', {"max_size": 3_000_000, "runtimes": ("litert",)}),
        (
            'metric="f1", max_differing_decisions=0, runtimes=["reference", "litert"]',
            {"max_differing_decisions": 0, "runtimes": ("reference", "litert")},
        ),
    ],
)
def test_budgets(rule_runner: RuleRunner, text: str, expected: dict[str, Any]) -> None:
    budgets = Budgets.create(_fields(rule_runner, f"{SCORED}, {text}"))
    assert {name: getattr(budgets, name) for name in expected} == expected


def test_a_model_without_score_needs_no_samples(rule_runner: RuleRunner) -> None:
    fields = _fields(rule_runner, 'model=":a", baseline=":b", max_latency_ratio=1.5')
    plan = rule_runner.request(ModelTestPlan, [PlanModelTestRequest(fields)])
    assert (plan.has_score, plan.compares_scores, plan.dataset) == (False, False, None)
    assert plan.baseline is not None and plan.baseline.address.target_name == "b"


@pytest.mark.parametrize(
    "arguments, expected",
    [((), None), (("--samples", "20"), 20), (("--samples=20",), 20)],
)
def test_arguments(arguments: tuple[str, ...], expected: int | None) -> None:
    assert parse_arguments(arguments, Address("m")) == expected


@pytest.mark.parametrize(
    "arguments",
    [("--samples",), ("--samples", "0"), ("-k", "x"), ("--samples", "x"), ("--sample=2",)],
)
def test_arguments_that_mean_nothing(arguments: tuple[str, ...]) -> None:
    with pytest.raises(TfLiteError, match="does not understand the arguments"):
        parse_arguments(arguments, Address("m"))
