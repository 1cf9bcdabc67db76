# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Looking at models, and at what a build makes on the way: datasets and SavedModels."""

from __future__ import annotations

import json
import re
import signal
import urllib.request
from typing import Any, Callable

import pytest

from tests.workspace import Workspace

BUILD = """\
python_sources()

tf_saved_model(name="doubler", entry_point="model.py:doubler")
tf_saved_model_files(name="files", sources=["checked_in/**"])
tflite_dataset(name="calibration", entry_point="model.py:calibration")
tflite_dataset(name="validation", entry_point="model.py:validation", include_samples=True)
tflite_dataset(name="alone", entry_point="model.py:validation")
tflite_model(
    name="tflite", saved_model=":doubler", calibration=":calibration", verify_dataset=":validation"
)
"""
MODEL = """\
import keras
import numpy as np
import tensorflow as tf


class Doubler(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def __call__(self, x):
        return {"y": 2 * x}


def doubler():
    return Doubler()


def _samples(start, stop):
    for index in range(start, stop):
        yield np.array([index, index + 0.5], np.float32), np.int32(index % 2)


def calibration():
    yield from _samples(0, 10)


def validation():
    yield from _samples(8, 12)
"""
FILES = {"m/BUILD": BUILD, "m/model.py": MODEL}


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    return new_workspace(FILES)


def run_json(workspace: Workspace, target: str, *arguments: str) -> Any:
    return json.loads(workspace.succeed("run", target, "--", "--json", *arguments).stdout)


def test_a_dataset_is_described_and_compared(workspace: Workspace) -> None:
    lines = workspace.succeed("run", "m:validation").stdout.splitlines()
    assert lines[:3] == [
        "m:validation: 4 samples",
        "input 0: float32 [2], 8 to 11.5, mean 9.75, standard deviation 1.146",
        "label: int32 [], 0 to 1",
    ]
    assert lines[4:6] == [f"  {c}        2   50.0%  {'#' * 40}" for c in (0, 1)]
    assert lines[-2:] == [
        "no sample is there twice",
        "2 samples are in m:calibration (10 samples) too: 0 is its 8, 1 is its 9",
    ]


def test_a_dataset_that_no_model_names_is_compared_with_a_file(workspace: Workspace) -> None:
    assert run_json(workspace, "m:alone")["shared"] == []
    workspace.succeed("package", "m:validation")
    file = "dist/m/validation/dataset.npz"
    (shared,) = run_json(workspace, "m:alone", "--with", file)["shared"]
    assert shared["name"] == file and len(shared["pairs"]) == 4


def test_signatures_of_a_saved_model(workspace: Workspace) -> None:
    lines = workspace.succeed("run", "m:doubler").stdout.splitlines()
    assert lines[1:4] == [
        "signature: serving_default",
        "input:  x  float32 [?, 2]",
        "output: y  float32 [?, 2]",
    ]


@pytest.mark.parametrize("name", ["doubler", "files"])
def test_a_saved_model_predicts(workspace: Workspace, name: str) -> None:
    if name == "files":
        workspace.succeed("package", "m:doubler")
        folder = workspace.folder / "dist/m/doubler/saved_model"
        workspace.write(
            {
                f"m/checked_in/{path.relative_to(folder)}": path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file()
            }
        )
    prediction = run_json(workspace, f"m:{name}", "--input", "[[1, 2], [3, 4]]")
    assert prediction["outputs"] == {"y": [[2.0, 4.0], [6.0, 8.0]]}


def test_the_same_labelled_dataset_runs_a_model_and_its_saved_model(workspace: Workspace) -> None:
    workspace.succeed("package", "m:validation")
    arguments = ("--input", "dist/m/validation/dataset.npz")
    predictions = [
        run_json(workspace, target, *arguments)["outputs"]["y"]
        for target in ("m:doubler", "m:tflite")
    ]
    assert predictions[0] == predictions[1] == [[2.0 * x, 2 * x + 1] for x in range(8, 12)]


def test_a_wrong_input_is_a_line_on_stderr(workspace: Workspace) -> None:
    run = workspace.pants("run", "m:doubler", "--", "--input", "[1, 2, 3]")
    assert run.exit_code == 2
    assert "the input `x` takes the shape [?, 2] of float32; got [3]" in run.stderr


@pytest.mark.parametrize(
    ("target", "file", "packaged"),
    [
        ("m:tflite", "model.tflite", "m/tflite/model.tflite"),
        ("m:doubler", "saved_model/saved_model.pb", "m/doubler/saved_model/saved_model.pb"),
    ],
)
def test_netron_shows_the_model_s_bytes_until_it_is_interrupted(
    workspace: Workspace, target: str, file: str, packaged: str
) -> None:
    workspace.succeed("package", target)
    with workspace.start("netron", "--no-netron-browser", target) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            found = re.fullmatch(rf"{target} is at (http://127\.0\.0\.1:\d+/) in Netron .*\n", line)
            assert found, line
            with urllib.request.urlopen(found[1], timeout=20) as response:
                assert f'content="/data/{file}"' in response.read().decode()
            with urllib.request.urlopen(f"{found[1]}data/{file}", timeout=20) as response:
                served = response.read()
        finally:
            process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    assert served == (workspace.folder / "dist" / packaged).read_bytes()
    with pytest.raises(OSError):
        urllib.request.urlopen(found[1], timeout=20)


def test_netron_shows_one_model(workspace: Workspace) -> None:
    error = workspace.fail("netron", "m:")
    assert "`netron` shows one model, and the specs name 3:" in error and "m:doubler" in error
