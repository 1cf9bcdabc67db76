# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `evaluate` costs on top of a bare LiteRT loop over the same pictures.

Both run in turn, each in a process of its own, and processor time counts: other work on the machine
changes it little. With the packages of 3rdparty/python/tensorflow.lock:

PYTHONPATH=src/python python -m pytest tests/benchmarks/evaluation_test.py
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Iterator, Mapping

import numpy as np
import pytest

from pants_tflite.sandbox.evaluation.evaluate_protocol import EvaluateRequest
from pants_tflite.sandbox.samples.npz_files import read_npz, write_npz

PICTURES = 200
ROUNDS = 5
MOST_TIMES_AS_LONG = 1.2
_MODES = ("float32", "int8")

# Training is of no matter for times.
_MAKE_MODELS = """
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(0)
keras.applications.MobileNetV2(weights=None, classes=2).export("saved_model", verbose=False)
random = np.random.default_rng(0)
for mode in ("float32", "int8"):
    converter = tf.lite.TFLiteConverter.from_saved_model("saved_model")
    if mode == "int8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [random.uniform(-1, 1, (1, 224, 224, 3)).astype(np.float32)] for _ in range(4)
        )
    with open(f"{mode}.tflite", "wb") as file:
        file.write(converter.convert())
"""

# The loop that a person writes.
_BARE_LOOP = """
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter

interpreter = Interpreter(model_path=sys.argv[1])
interpreter.allocate_tensors()
(x,), (y,) = interpreter.get_input_details(), interpreter.get_output_details()
predictions = []
with np.load("dataset.npz") as dataset:
    pictures = dataset["input/0"]
for picture in pictures:
    interpreter.set_tensor(x["index"], picture[np.newaxis])
    interpreter.invoke()
    predictions.append(interpreter.get_tensor(y["index"])[0])
np.savez("bare.npz", np.stack(predictions))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Models and pictures."""
    folder = tmp_path_factory.mktemp("benchmark")
    (folder / "make_models.py").write_text(_MAKE_MODELS)
    (folder / "bare_loop.py").write_text(_BARE_LOOP)
    _run(folder, "make_models.py")
    pictures = np.random.default_rng(0).random((PICTURES, 224, 224, 3), dtype=np.float32)
    write_npz(folder / "dataset.npz", {"input/0": 2 * pictures - 1})
    yield folder


def _run(folder: Path, *arguments: str) -> float:
    """The seconds of processor time that a Python process takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment: Mapping[str, str] = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        # As in a build.
        "PYTHONDONTWRITEBYTECODE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    argv = [sys.executable, *arguments]
    ran = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("mode", _MODES)
def test_evaluating_pictures_takes_hardly_longer_than_a_bare_loop(folder: Path, mode: str) -> None:
    request = EvaluateRequest(
        model=f"{mode}.tflite",
        dataset="dataset.npz",
        dataset_field="dataset",
        runtime="litert",
        signature=None,
        max_samples=None,
    )
    (folder / "request.json").write_bytes(request.render())
    bare, evaluated = [], []
    for _ in range(ROUNDS):
        bare.append(_run(folder, "bare_loop.py", request.model))
        evaluated.append(_run(folder, "-m", request.PROGRAM, "request.json"))
    (predictions,) = read_npz(folder / "out/predictions.npz").values()
    np.testing.assert_array_equal(predictions, read_npz(folder / "bare.npz")["arr_0"])
    ratio = statistics.median(evaluated) / statistics.median(bare)
    print(f"{mode}: {ratio:.2f} times {statistics.median(bare):.2f} s")
    assert ratio <= MOST_TIMES_AS_LONG
