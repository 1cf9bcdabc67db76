# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest

from pants_tflite.sandbox.entry_point_protocol import EntryPointFunction
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.outside_use_protocol import OutsideUse
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.scoring.score import main
from pants_tflite.sandbox.scoring.score_protocol import ScoreReport, ScoreRequest

# Three right, and the last one wrong.
SCORES = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.1, 0.5, 0.4]], np.float32)
LABELS = np.array([0, 1, 2, 2])
Score = Callable[..., ScoreReport]


@pytest.fixture
def score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Score:
    """Scores an output against labels, if they are not None, and returns the report."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def score(predictions: Any, labels: Any, metric: str | None, **changes: Any) -> ScoreReport:
        Path("out").mkdir(exist_ok=True)
        outputs = predictions if isinstance(predictions, dict) else {"y": predictions}
        write_npz(
            Path("predictions.npz"),
            {f"output/{name}": np.asarray(array) for name, array in outputs.items()},
        )
        baseline = changes.pop("baseline", None)
        if baseline is not None:
            write_npz(Path("baseline.npz"), {"output/y": np.asarray(baseline)})
            changes["baseline"] = "baseline.npz"
        else:
            labelled = {} if labels is None else {"label": np.asarray(labels)}
            write_npz(Path("dataset.npz"), {"input/0": np.zeros(9), **labelled})
            changes["dataset"] = "dataset.npz"
        main(replace(ScoreRequest("predictions.npz", metric), **changes))
        return ScoreReport.parse(Path("out/score.json").read_bytes())

    return score


def test_accuracy(score: Score) -> None:
    report = score(SCORES, LABELS, "accuracy")
    assert (report.score, report.count, report.decisions, report.wrong) == (0.75, 4, 4, 1)
    (worst,) = report.worst
    assert (worst.index, worst.label, worst.prediction) == (3, 2, 1)
    assert worst.loss == pytest.approx(0.1)


def test_the_worst_samples_come_first_and_right_ones_never(score: Score) -> None:
    scores = [[0.4, 0.6], [0.1, 0.9], [0.9, 0.1], [0.45, 0.55]]
    report = score(scores, [0, 0, 0, 0], "accuracy")
    assert [sample.index for sample in report.worst] == [1, 0, 3]
    assert len(score(scores, [0, 0, 0, 0], "accuracy", worst_samples=2).worst) == 2


@pytest.mark.parametrize(
    "output, labels",
    [
        (SCORES, np.eye(3)[LABELS]),
        (SCORES, LABELS[:, np.newaxis]),
        (SCORES, LABELS.astype(np.float32)),
        (SCORES[:, np.newaxis], LABELS),
        (SCORES.argmax(axis=1), LABELS),
        (SCORES.argmax(axis=1)[:, np.newaxis].astype(np.int64), LABELS),
        (np.array([0.9, 0.2, 0.8, 0.1], np.float32), [1, 0, 1, 1]),
        (np.array([[0.9], [0.2], [0.8], [0.5]], np.float32), [1, 0, 1, 1]),
        (np.array([[0.9], [0.2], [0.8], [0.1]], np.float32), [[True], [False], [True], [True]]),
    ],
)
def test_forms_of_outputs_and_labels(score: Score, output: Any, labels: Any) -> None:
    report = score(output, labels, "accuracy")
    assert (report.score, report.worst[0].index) == (0.75, 3)


def test_a_decision_for_each_pixel(score: Score) -> None:
    scores = np.zeros((2, 4, 4, 3), np.float32)
    scores[..., 1] = 1
    labels = np.ones((2, 4, 4), np.uint8)
    labels[1, 0] = 2
    report = score(scores, labels, "accuracy")
    assert (report.score, report.decisions, report.wrong) == (28 / 32, 32, 4)
    assert report.worst[0].prediction == "4 of them wrong"
    # Masks of a single score, which are no one-hot labels although each row may have one pixel.
    mask = np.zeros((2, 4, 4), np.uint8)
    mask[:, :, 0] = 1
    assert score(mask[..., np.newaxis].astype(np.float32), mask, "accuracy").score == 1


def test_top_k(score: Score) -> None:
    assert score(SCORES, LABELS, "top_k", top_k=2).score == 1
    assert score(SCORES, [1, 0, 2, 0], "top_k", top_k=2).score == 0.5
    report = score(SCORES, [1, 0, 2, 0], "top_k", top_k=1)
    assert report.score == score(SCORES, [1, 0, 2, 0], "accuracy").score == 0.25
    with pytest.raises(Mistake, match="3 classes, of which the 5 best are always right") as raised:
        score(SCORES, LABELS, "top_k")
    assert raised.value.field == "top_k"


def test_auc(score: Score) -> None:
    assert score([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], "auc").score == 0.75
    two = np.array([0.1, 0.4, 0.35, 0.8], np.float32)
    assert score(np.stack([1 - two, two], axis=1), [0, 0, 1, 1], "auc").score == 0.75
    assert score(SCORES, LABELS, "auc").score == pytest.approx((1 + 1 + 1) / 3)
    # Scores of a quantized model have another sum than 1.
    assert score(SCORES + 0.004, LABELS, "auc").score == score(SCORES, LABELS, "auc").score


def test_auc_of_a_constant_model_is_no_better_than_chance(score: Score) -> None:
    assert score(np.full((4, 3), 1 / 3, np.float32), LABELS, "auc").score == 0.5


@pytest.mark.parametrize(
    "output, labels, absent",
    [([0.5, 0.6], [1, 1], "0"), (SCORES, [0, 1, 1, 0], "2"), ([0.5, 0.5], [0, 0], "1")],
)
def test_auc_is_not_defined_without_every_class(
    score: Score, output: Any, labels: Any, absent: str
) -> None:
    with pytest.raises(
        Mistake, match=f"`auc` is not defined.*none has the label {absent}"
    ) as raised:
        score(output, labels, "auc")
    assert raised.value.field == "dataset"


def test_auc_needs_scores(score: Score) -> None:
    with pytest.raises(Mistake, match="`auc` needs scores"):
        score(LABELS, LABELS, "auc")


def test_f1(score: Score) -> None:
    assert score([0.9, 0.9, 0.1, 0.1], [1, 0, 1, 0], "f1").score == 0.5
    assert score(SCORES, LABELS, "f1").score == pytest.approx((1 + 2 / 3 + 2 / 3) / 3)
    assert score([0.1, 0.1], [1, 0], "f1").score == 0
    with pytest.raises(Mistake, match="`f1` is not defined"):
        score([0.1, 0.1], [0, 0], "f1")


def test_errors_of_quantities(score: Score) -> None:
    output, labels = np.array([[1.0], [2.0], [4.0]], np.float32), np.array([1.0, 2.0, 2.0])
    assert score(output, labels, "mae").score == pytest.approx(2 / 3)
    assert score(output, labels, "mse").score == pytest.approx(4 / 3)
    report = score(output, labels, "max_abs_error")
    assert (report.score, report.wrong, report.decisions) == (2, None, None)
    (worst,) = report.worst
    assert (worst.index, worst.label, worst.prediction, worst.loss) == (2, 2.0, 4.0, 2.0)


def test_many_values_of_a_sample_are_not_listed(score: Score) -> None:
    output = np.zeros((2, 3, 5), np.float32)
    output[1, 2, 3] = 7
    (worst,) = score(output, np.zeros((2, 3, 5)), "mae").worst
    assert (worst.index, worst.prediction) == (1, "7 (value 13 of 15)")


def test_agreement(score: Score) -> None:
    other = SCORES.copy()
    other[0] = [0.3, 0.6, 0.1]
    report = score(SCORES, None, "agreement", baseline=other)
    assert (report.score, report.decisions, report.wrong) == (0.75, 4, 1)
    (worst,) = report.worst
    assert (worst.index, worst.label, worst.prediction) == (0, 1, 0)
    assert worst.loss == pytest.approx(0.3)
    assert score(LABELS, None, "agreement", baseline=[0, 1, 2, 1]).wrong == 1
    assert score([0.4, 0.6], None, "agreement", baseline=[0.6, 0.9]).wrong == 1


def test_a_baseline_of_other_outputs(score: Score) -> None:
    with pytest.raises(Mistake, match="the baseline has no output `z`; it has y") as raised:
        score({"z": SCORES}, None, "agreement", baseline=SCORES)
    assert raised.value.field == "baseline"
    with pytest.raises(
        Mistake, match=r"has the shape \(3,\).* the baseline's has \(2,\)"
    ) as raised:
        score(SCORES, None, "agreement", baseline=SCORES[:, :2])
    assert raised.value.field == "baseline"


@pytest.mark.parametrize("label, text", [(3, "label 3"), (-1, "label -1")])
def test_labels_out_of_range(score: Score, label: int, text: str) -> None:
    with pytest.raises(
        Mistake, match=f"sample 2 has the {text}, .* for 3 classes, 0 to 2"
    ) as raised:
        score(SCORES, [0, 1, label, 2], "accuracy")
    assert (raised.value.field, raised.value.value) == ("dataset", str(label))


@pytest.mark.parametrize(
    "output, labels, error, field",
    [
        (SCORES, None, "the dataset has no labels", "dataset"),
        (SCORES, [0.5, 1, 2, 2], "numbers such as 0.5", "dataset"),
        (SCORES, np.array([b"cat", b"dog", b"cat", b"dog"]), "the labels are text", "dataset"),
        (SCORES, np.zeros((4, 2), int), "a label has the shape \\[2\\]", "dataset"),
        (np.array([1.0, 7.0]), [0, 1], "is no score from 0 to 1", "metric"),
        (LABELS, np.zeros((4, 2), int), "a label has the shape", "dataset"),
        ({"a": SCORES, "b": SCORES}, LABELS, "has several outputs: a, b", "output"),
        (SCORES * np.nan, LABELS, "NaN or infinity in the output `y`, first for sample 0", "model"),
    ],
)
def test_what_accuracy_cannot_be_told_of(
    score: Score, output: Any, labels: Any, error: str, field: str
) -> None:
    with pytest.raises(Mistake, match=error) as raised:
        score(output, labels, "accuracy")
    assert raised.value.field == field


def test_quantities_of_another_shape(score: Score) -> None:
    with pytest.raises(Mistake, match="they cannot be subtracted") as raised:
        score(SCORES, LABELS, "mae")
    assert raised.value.field == "dataset"


def test_an_output_by_name(score: Score) -> None:
    outputs = {"a": SCORES, "b": SCORES[::-1]}
    assert score(outputs, LABELS, "accuracy", output="a").score == 0.75
    assert score(outputs, LABELS, "accuracy", output="b").score == 0
    with pytest.raises(Mistake, match="no such output; it has a, b"):
        score(outputs, LABELS, "accuracy", output="c")


def _function(code: str, name: str) -> EntryPointFunction:
    Path(f"{name}.py").write_text(textwrap.dedent(code))
    return EntryPointFunction(name, "metric", f"m/{name}.py")


def test_a_function_of_the_users(score: Score) -> None:
    function = _function(
        """
        def metric(predictions, labels):
            return (predictions.argmax(axis=1) == labels).sum()
        """,
        "sums",
    )
    report = score(SCORES, LABELS, None, function=function)
    assert (report.metric, report.score, report.worst) == ("sums.py:metric", 3.0, ())


def test_a_function_gets_all_outputs_of_a_model_with_several(score: Score) -> None:
    function = _function("metric = lambda outputs, labels: len(outputs)\n", "counts")
    outputs = {"a": SCORES, "b": SCORES}
    assert score(outputs, LABELS, None, function=function).score == 2
    assert score(outputs, LABELS, None, function=function, output="a").score == 4


@pytest.mark.parametrize(
    "name, body, error",
    [
        ("raises", "return 1 / 0", "raised ZeroDivisionError: division by zero"),
        ("nans", "return float('nan')", "returned nan"),
        ("infinite", "return float('inf')", "returned inf"),
        ("none", "return None", "returned `NoneType`, and not a number"),
        ("arrays", "return predictions", "returned `ndarray`, and not a number"),
        ("exits", "raise SystemExit(0)", "raised SystemExit"),
    ],
)
def test_a_function_that_yields_no_score(score: Score, name: str, body: str, error: str) -> None:
    function = _function(f"def metric(predictions, labels):\n    {body}\n", name)
    with pytest.raises(Mistake, match=error) as raised:
        score(SCORES, LABELS, None, function=function)
    assert (raised.value.field, raised.value.value) == ("metric", f"{name}.py:metric")


def test_a_file_without_the_function(score: Score) -> None:
    function = _function("def other(predictions, labels):\n    return 1\n", "others")
    with pytest.raises(Mistake, match="has no function `metric`") as raised:
        score(SCORES, LABELS, None, function=function)
    assert raised.value.field == "metric"


def test_what_a_function_reads_outside_of_its_sandbox_is_told(
    score: Score, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret.txt"
    secret.write_text("2.0")
    function = _function(
        f"def metric(predictions, labels):\n    return float(open({str(secret)!r}).read())\n",
        "reads",
    )
    assert score(SCORES, LABELS, None, function=function).score == 2
    told = OutsideUse.parse(Path("out", OutsideUse.FILE).read_bytes())
    assert told == OutsideUse((str(secret),), ())
