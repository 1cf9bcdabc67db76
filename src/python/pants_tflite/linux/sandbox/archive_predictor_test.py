# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Callable, Mapping, Sequence

import numpy as np
import pytest

from pants_tflite.linux.device import predict
from pants_tflite.linux.sandbox.archive_predictor import main
from pants_tflite.linux.sandbox.testing_archive import library_kernel, write_archive
from pants_tflite.sandbox.prediction import predict as pants_run
from pants_tflite.sandbox.testing.host_kernel import OP, REGISTRATION, build_kernel
from pants_tflite.sandbox.testing.small_models import (
    custom_op_model,
    linear_model,
    quantized_linear_model,
    refused_model,
    softmax_model,
    two_inputs_model,
)

Run = Callable[..., str]
LABELS = ("cat", "dog", "große Eule")


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """What the program prints over an archive of some models."""
    monkeypatch.chdir(tmp_path)

    def run(models: Mapping[str, bytes], *arguments: str, labels: Sequence[str] = ()) -> str:
        write_archive(tmp_path, models, labels=labels)
        assert main(arguments, folder=tmp_path) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """What the program, which must refuse, prints on stderr: one line."""

    def fail(models: Mapping[str, bytes], *arguments: str) -> str:
        write_archive(tmp_path, models)
        assert main(arguments, folder=tmp_path) == 2
        error = capsys.readouterr().err
        assert error.startswith("predict: ") and error.count("\n") == 1
        return error

    return fail


def test_it_prints_what_pants_run_prints(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "x.npy", np.array([[10.0], [1.0]]))
    for model in (linear_model(), quantized_linear_model(io_type="int8")):
        (tmp_path / "model.tflite").write_bytes(model)
        for arguments in (("[10]",), ("x.npy",), ("--input", "x=[[3]]"), ("x.npy", "--json")):
            text = run({"model": model}, *arguments)
            assert pants_run.main(["--model", "model.tflite", *arguments]) == 0
            assert text == capsys.readouterr().out


def test_a_model_among_several(run: Run, fail: Run) -> None:
    models = {"one": linear_model(), "two": linear_model(slope=3.0)}
    assert run(models, "--model", "two", "[10]").endswith("\ny = [[29.0]]\n")
    assert fail(models, "[10]") == "predict: give --model; the models are one, two\n"


def test_list_of_models(run: Run) -> None:
    text = run({"linear": linear_model(), "dot": two_inputs_model()})
    assert text.startswith(f"linear: models/linear.tflite, {len(linear_model()):,} bytes\n")
    assert "  signature dot\n    input:  x  float32 [1, 2]\n" in text


def test_labels(run: Run) -> None:
    text = run({"pets": softmax_model()}, "[0, 5, 1]", "--top", "2", labels=LABELS)
    assert [line.split(maxsplit=1)[1] for line in text.splitlines()[-2:]] == ["dog", "große Eule"]
    found = json.loads(
        run({"pets": softmax_model()}, "[[0, 5, 1], [9, 0, 0]]", "--json", labels=LABELS)
    )
    assert [row[0]["label"] for row in found["best"]["y"]] == ["dog", "cat"]
    assert found["best"]["y"][1][0]["score"] == pytest.approx(found["outputs"]["y"][1][0])


def test_labels_of_another_output(run: Run) -> None:
    assert run({"m": linear_model()}, "[10]", labels=("a", "b")).endswith("\ny = [[19.0]]\n")
    text = run({"m": linear_model()}, "[10]", "--json", labels=("a", "b"))
    assert json.loads(text) == {"best": {"y": []}, "outputs": {"y": [[19.0]]}}


def test_json_on_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("[[10.0], [1]]\n"))
    text = run({"linear": linear_model()}, "-", "--json")
    assert json.loads(text)["outputs"] == {"y": [[19.0], [1.0]]}


def test_wrong_standard_input(fail: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("ten"))
    assert fail({"linear": linear_model()}, "-") == "predict: standard input is not JSON\n"


def test_numbers_that_json_cannot_hold(run: Run) -> None:
    text = run({"linear": linear_model()}, "[NaN]", "--json")
    assert json.loads(text)["outputs"] == {"y": [[None]]}


def test_kernels_of_custom_ops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lib").mkdir()
    build_kernel(tmp_path / "lib")
    kernel = library_kernel(OP, "lib/libtwice.so", REGISTRATION)
    write_archive(tmp_path, {"twice": custom_op_model(OP)}, kernels=[kernel])
    assert main(["[[21, 1, 2, 3]]"], folder=tmp_path) == 0
    assert "y = [[42.0, 2.0, 4.0, 6.0]]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("model", "arguments", "message"),
    [
        (refused_model(), ("[1, 2]",), "refuses the model: "),
        (linear_model(features=3), ("[1, 2]",), "`x` takes the shape [?, 3] of float32; got [2]"),
        (linear_model(), ("[1]", "--signature", "train"), "the model has no signature `train`"),
        (linear_model(), ("--model", "m", "--json"), "there is no input to predict from"),
    ],
)
def test_mistakes(fail: Run, model: bytes, arguments: Sequence[str], message: str) -> None:
    assert message in fail({"m": model}, *arguments)


def test_missing_packages(tmp_path: Path) -> None:
    """The program of the archive's top folder, without the packages that README.md installs."""
    source = Path(predict.__file__)
    program = tmp_path / "predict.py"
    program.write_bytes(source.read_bytes())
    (tmp_path / "pants_tflite").symlink_to(source.parents[2])
    # Neither the environment's packages nor those of the user.
    argv = [sys.executable, "-I", "-S", str(program)]
    result = subprocess.run(argv, capture_output=True, text=True, env={})
    assert result.returncode == 1
    assert result.stderr.startswith("predict: No module named ")
    assert result.stderr.endswith("; README.md says how to install what requirements.txt lists\n")
