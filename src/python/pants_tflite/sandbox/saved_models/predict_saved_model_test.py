# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `pants run` says of a SavedModel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest

from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.saved_models import export
from pants_tflite.sandbox.saved_models.export_protocol import ExportRequest
from pants_tflite.sandbox.saved_models.predict_saved_model import main, parse_arguments

CODE = """\
import keras
import tensorflow as tf


class Model(tf.Module):
    def __init__(self):
        super().__init__()
        self.total = tf.Variable([[0.0]])

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def scores(self, x):
        return {"scores": tf.nn.softmax(x)}

    @tf.function(input_signature=[tf.TensorSpec([1, 1], tf.float32, name="x")])
    def add(self, x):
        return {"total": self.total.assign_add(x)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def upper(self, text):
        return {"text": tf.strings.upper(text)}

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32, name="x")])
    def anything(self, x):
        return {"y": 2 * x}


def build():
    model = Model()
    names = ("scores", "add", "upper", "anything")
    return model, {name: getattr(model, name) for name in names}
"""
Predict = Callable[..., str]


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    (folder / "module_to_run.py").write_text(CODE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(str(folder))
        Path("out").mkdir()
        entry_point = EntryPointFunction("module_to_run", "build", "m/module_to_run.py")
        export.main(ExportRequest(EntryPointCall(entry_point, {}), seed=0, threads=1))
    return folder / "out" / "saved_model"


@pytest.fixture
def predict(saved_model: Path, capsys: pytest.CaptureFixture[str]) -> Predict:
    def predict(*arguments: str, exit_code: int = 0) -> str:
        assert main(["--model", str(saved_model), *arguments]) == exit_code
        output = capsys.readouterr()
        return output.err if exit_code else output.out

    return predict


def test_all_signatures_are_listed(predict: Predict) -> None:
    lines = predict("--signature", "scores").splitlines()
    assert lines[0].startswith("model: a SavedModel of ")
    assert "exported by Keras 3" in lines[0]
    assert lines[1:13] == [
        "signature: add",
        "input:  x  float32 [1, 1]",
        "output: total  float32 [1, 1]",
        "signature: anything",
        "input:  x  float32 [...]",
        "output: y  float32 [...]",
        "signature: scores",
        "input:  x  float32 [?, 2]",
        "output: scores  float32 [?, 2]",
        "signature: upper",
        "input:  text  string [?]",
        "output: text  string [?]",
    ]
    assert lines[-1] == "For a prediction add, for instance: --input '[[0.0, 0.0]]'"


def test_a_prediction(predict: Predict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("cat\ndog\n")
    arguments = ("--signature", "scores", "--input", "[[0, 20]]", "--labels", "names.txt")
    assert "  1  dog\n  2.061e-09  cat\n" in predict(*arguments)
    plain = json.loads(predict(*arguments, "--json"))
    assert plain["outputs"]["scores"][0] == pytest.approx([2.06e-9, 1.0], rel=0.01)


def test_a_packaged_dataset_gives_an_accuracy(
    predict: Predict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    x = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
    write_npz(Path("data.npz"), {"input/0": x, "label": np.array([0, 1, 0])})
    text = predict("--signature", "scores", "--input", "data.npz")
    assert "accuracy: 0.6667 (2 of 3)" in text


def test_a_sample_does_not_depend_on_the_one_before(predict: Predict) -> None:
    plain = json.loads(predict("--signature", "add", "--input", "[[1], [2], [4]]", "--json"))
    assert plain["outputs"]["total"] == [[1.0], [2.0], [4.0]]


def test_text(predict: Predict) -> None:
    assert 'text = ["ABC"]' in predict("--signature", "upper", "--input", '"abc"')


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("--signature", "none"),
            "the model has no signature `none`; it has add, anything, scores",
        ),
        (("--signature", "anything", "--input", "[1]"), "`x` has no fixed number of dimensions"),
        (("--signature", "scores", "--input", "[[1]]"), "takes the shape [?, 2] of float32"),
    ],
)
def test_a_wrong_argument_is_an_error(
    predict: Predict, arguments: tuple[str, ...], expected: str
) -> None:
    assert expected in predict(*arguments, exit_code=2)


def test_signatures_are_listed_without_tensorflow(
    predict: Predict, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise AssertionError("TensorFlow is started")

    monkeypatch.setattr(
        "pants_tflite.sandbox.saved_models.predict_saved_model.start_tensorflow", fail
    )
    predict("--signature", "scores")
    with pytest.raises(AssertionError):
        predict("--signature", "scores", "--input", "[[0, 0]]")


def test_help_has_no_option_that_pants_gives(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_arguments(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: pants run ADDRESS -- [-h]") and "--labels FILE" in text
    assert "--model" not in text
