# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`tflite_test` in `pants test`: budgets that hold, budgets that are exceeded, and tests that say nothing."""

from __future__ import annotations

import re
from typing import Callable
from xml.etree import ElementTree

import pytest

from tests.workspace import PantsRun, Workspace

BUILD = """\
python_sources()

tf_saved_model(name="saved", entry_point="train.py:export")
tf_saved_model(name="pair", entry_point="train.py:pair")
tflite_dataset(name="samples", entry_point="data.py:samples")
tflite_dataset(name="unlabelled", entry_point="data.py:unlabelled")
tflite_dataset(name="out_of_range", entry_point="data.py:out_of_range")
tflite_dataset(name="one_class", entry_point="data.py:one_class")
tflite_dataset(name="wide", entry_point="data.py:wide")
tflite_dataset(name="empty", entry_point="data.py:empty")

tflite_model(
    name="tflite",
    saved_model=":saved",
    quantization=parametrize("float32", "int8"),
    calibration=":samples",
)
tflite_model(name="two_outputs", saved_model=":pair")

tflite_test(
    name="good",
    model=":tflite@quantization=int8",
    baseline=":tflite@quantization=float32",
    dataset=":samples",
    metric="accuracy",
    min_score=0.7,
    max_score_drop=0.05,
    max_size="3MB",
    max_arena="64KiB",
    runtimes=["litert", "reference", "micro"],
    max_differing_decisions=3,
)
tflite_test(
    name="latency",
    model=":tflite@quantization=int8",
    baseline=":tflite@quantization=float32",
    max_latency_ratio=50,
)
tflite_test(
    name="bad",
    model=":tflite@quantization=int8",
    dataset=":samples",
    metric="accuracy",
    min_score=0.99,
    max_size="1KB",
    max_arena="100B",
)
tflite_test(
    name="function",
    model=":tflite@quantization=int8",
    dataset=":samples",
    metric="metrics.py:share",
    min_score=0.7,
)
"""

WRONG = "".join(
    f'tflite_test(name="{name}", model="m:tflite@quantization=int8", {fields})\n'
    for name, fields in {
        "unlabelled": 'dataset="m:unlabelled", metric="accuracy", min_score=0.5',
        "out_of_range": 'dataset="m:out_of_range", metric="accuracy", min_score=0.5',
        "one_class": 'dataset="m:one_class", metric="auc", min_score=0.4',
        "wide": 'dataset="m:wide", metric="accuracy", min_score=0.5',
        "empty": 'dataset="m:empty", metric="accuracy", min_score=0.5',
        "raises": 'dataset="m:samples", metric="//m/metrics.py:raises", min_score=0.5',
        "nan": 'dataset="m:samples", metric="//m/metrics.py:nan", min_score=0.5',
        "other_outputs": 'baseline="m:two_outputs", max_latency_ratio=2',
        "impossible": 'dataset="m:samples", metric="accuracy", min_score=1.2',
        "exits": 'dataset="m:samples", metric="//m/metrics.py:exits", min_score=0.5',
        "slow": 'dataset="m:samples", metric="//m/metrics.py:slow", min_score=0.5, timeout=20',
    }.items()
).replace("//m/metrics.py", "m.metrics")

TRAIN = """\
import numpy as np
import tensorflow as tf

WEIGHTS = np.random.default_rng(0).standard_normal((8, 4)).astype(np.float32)
INPUT = [tf.TensorSpec([None, 8], tf.float32, name="x")]


class Classifier(tf.Module):
    def __init__(self):
        super().__init__()
        self.weights = tf.Variable(WEIGHTS)

    @tf.function(input_signature=INPUT)
    def __call__(self, x):
        return {"scores": tf.nn.softmax(tf.matmul(x, self.weights))}


class Pair(Classifier):
    @tf.function(input_signature=INPUT)
    def __call__(self, x):
        return {"scores": tf.nn.softmax(tf.matmul(x, self.weights)), "twice": 2.0 * x}


def export():
    return Classifier()


def pair():
    return Pair()
"""

DATA = """\
import numpy as np

WEIGHTS = np.random.default_rng(0).standard_normal((8, 4)).astype(np.float32)


def samples():
    random = np.random.default_rng(1)
    for _ in range(60):
        x = random.standard_normal(8).astype(np.float32)
        yield x, int((x @ WEIGHTS + 0.5 * random.standard_normal(4)).argmax())


def unlabelled():
    return (x for x, _ in samples())


def out_of_range():
    return ((x, label + 1) for x, label in samples())


def one_class():
    return ((x, 2) for x, _ in samples())


def wide():
    return ((np.repeat(x, 2), label) for x, label in samples())


def empty():
    return iter(())
"""

METRICS = """\
import os
import time


def share(predictions, labels):
    print("called with", predictions.shape, labels.shape)
    return (predictions.argmax(axis=1) == labels).mean()


def raises(predictions, labels):
    raise KeyError("no such class")


def nan(predictions, labels):
    return float("nan")


def exits(predictions, labels):
    os._exit(0)


def slow(predictions, labels):
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    return new_workspace(
        {
            "m/BUILD": BUILD,
            "m/train.py": TRAIN,
            "m/data.py": DATA,
            "m/metrics.py": METRICS,
            "wrong/BUILD": WRONG,
        }
    )


@pytest.fixture(scope="module")
def ran(workspace: Workspace) -> PantsRun:
    """A run of all tests, of which one is to fail."""
    return workspace.pants("test", "--report", "m:")


def _marks(run: PantsRun) -> dict[str, str]:
    """The mark of each test in the summary."""
    return {name: mark for mark, name in re.findall(r"^(\S) m:(\w+) ", run.stderr, re.MULTILINE)}


def test_budgets_that_hold_pass_and_others_fail(ran: PantsRun) -> None:
    assert ran.exit_code != 0
    marks = _marks(ran)
    assert set(marks) == {"bad", "function", "good", "latency"}
    assert [name for name, mark in marks.items() if mark == "✕"] == ["bad"]


def test_a_failure_shows_figures_budgets_and_the_worst_samples(ran: PantsRun) -> None:
    assert re.search(
        r"^FAILED  min_score=0.99 on litert: accuracy is 0.\d+ on 60 samples "
        r"\(\d+ of 60 decisions wrong\)$",
        ran.stderr,
        re.MULTILINE,
    )
    assert re.search(r"^FAILED  max_size=1,000 bytes: the model has 1,\d+ bytes$", ran.stderr, re.M)
    assert re.search(r"^FAILED  max_arena=100 bytes: .*[\d,]+ bytes", ran.stderr, re.M)
    assert "The worst samples on litert:" in ran.stderr
    assert re.search(
        r"^ +sample +label +prediction +loss\n +\d+ +[0-3] +[0-3] +0\.\d+$", ran.stderr, re.M
    )


def test_each_budget_is_a_case_of_the_junit_report(workspace: Workspace, ran: PantsRun) -> None:
    report = ElementTree.parse(workspace.folder / "dist/test/reports/m.good.xml")
    names = [case.attrib["name"] for case in report.iter("testcase")]
    assert names == [
        *(
            f"{budget} on {runtime}"
            for runtime in ("litert", "reference", "micro")
            for budget in ("min_score=0.7", "max_score_drop=0.05")
        ),
        "max_differing_decisions=3 on reference",
        "max_differing_decisions=3 on micro",
        "max_size=3,000,000 bytes",
        "max_arena=65,536 bytes",
    ]
    bad = ElementTree.parse(workspace.folder / "dist/test/reports/m.bad.xml")
    assert [suite.attrib["failures"] for suite in bad.iter("testsuite")] == ["3"]


def test_a_test_is_cached_but_for_its_times(workspace: Workspace, ran: PantsRun) -> None:
    again = workspace.succeed("test", "m:good", "m:function", "m:latency")
    assert not [step for step in again.steps if "Evaluate" in step or "Score" in step]
    assert [step for step in again.steps if step.startswith("Time ")] == [
        "Time m:tflite@quantization=int8 against m:tflite@quantization=float32"
    ]


def test_the_number_of_samples_is_passed_through(workspace: Workspace, ran: PantsRun) -> None:
    run = workspace.succeed("test", "--output=all", "m:good", "--", "--samples", "20")
    assert "on 20 samples" in run.stderr
    text = workspace.fail("test", "m:good", "--", "--smaples", "20")
    assert "m:good: a `tflite_test` does not understand the arguments `--smaples 20`" in text


def test_a_metric_of_the_users_is_debugged_in_the_foreground(
    workspace: Workspace, ran: PantsRun
) -> None:
    run = workspace.succeed("test", "--debug", "m:function")
    assert "called with (60, 4) (60,)" in run.stdout + run.stderr


def test_tests_that_cannot_be_run_say_why(workspace: Workspace, ran: PantsRun) -> None:
    text = workspace.fail("test", "wrong:")
    for expected in (
        "wrong:unlabelled, field `dataset` = 'm:unlabelled': the dataset has no labels",
        "wrong:out_of_range, field `dataset` = '4': sample ",
        "has the label 4, but the output `scores` has scores for 4 classes, 0 to 3",
        "wrong:one_class, field `dataset`: `auc` is not defined for these samples: none has the "
        "label 0, 1, 3",
        "wrong:wide, field `dataset` = '[16]': the samples for the input `x` have the shape [16]",
        "m:empty, field `entry_point` = 'data.py:empty': `empty` in `m/data.py` yielded no samples",
        "wrong:raises, field `metric` = 'metrics.py:raises': `raises` in `m/metrics.py` raised KeyError",
        "wrong:nan, field `metric` = 'metrics.py:nan': `nan` in `m/metrics.py` returned nan",
        "wrong:other_outputs, field `baseline` = 'm:two_outputs': the baseline has other outputs: "
        "`scores` [?, 4], `twice` [?, 8]",
        "wrong:impossible, field `min_score` = '1.2': no model meets it",
        "wrong:exits: ",
        " ended before it had finished. Its output ends with:",
        "the code that it called ended it, as `os._exit(0)` does.",
        "wrong:slow, field `timeout` = '20': ",
        " took longer than 20 s.",
    ):
        assert expected in text, text
    assert text.count("Fix:") >= 10
