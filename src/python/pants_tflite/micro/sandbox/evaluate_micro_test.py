# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pants_tflite.micro.sandbox.evaluate_micro import main
from pants_tflite.micro.sandbox.evaluate_micro_protocol import EvaluateMicroRequest
from pants_tflite.sandbox.evaluation.evaluate_protocol import PredictionsReport
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import read_npz, write_npz
from pants_tflite.sandbox.testing.small_models import (
    OpSpec,
    SignatureSpec,
    TensorSpec,
    build_model,
    custom_op_model,
    linear_model,
    quantized_linear_model,
    stateful_model,
)

X = np.linspace(-9, 9, 10, dtype=np.float32).reshape(10, 1)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def evaluate(
    data: bytes, x: np.ndarray = X, *, sequence: bool = False, **changes: Any
) -> np.ndarray:
    """What the output `y` is for samples of the input `x`."""
    Path("out").mkdir(exist_ok=True)
    Path("model.tflite").write_bytes(data)
    write_npz(
        Path("dataset.npz"), {"input/x": x, **({"sequence": np.array(1)} if sequence else {})}
    )
    fields = {"signature": None, "max_samples": None, **changes}
    main(EvaluateMicroRequest("model.tflite", "dataset.npz", "dataset", **fields))
    return read_npz(Path("out/predictions.npz"))["output/y"]


@pytest.mark.parametrize("io_type", ["float32", "int8"])
def test_real_numbers_of_all_samples(io_type: str) -> None:
    y = evaluate(quantized_linear_model(io_type=io_type))
    assert 0 < np.abs(y - (2 * X - 1)).max() < 0.3
    report = PredictionsReport.parse(Path("out/predictions.json").read_bytes())
    assert (report.count, report.runtime, report.kernels) == (10, "micro", "tflite-micro")
    assert list(report.tools) == ["tflite-micro"]


def test_only_the_first_samples() -> None:
    assert len(evaluate(linear_model(), max_samples=3)) == 3


def test_every_sample_starts_from_a_fresh_state() -> None:
    steps = np.array([[1.0], [2.0], [4.0]], np.float32)
    assert evaluate(stateful_model(), steps).ravel().tolist() == [1, 2, 4]
    sequences = evaluate(stateful_model(), np.stack([steps, 10 * steps]), sequence=True)
    assert sequences.reshape(2, 3).tolist() == [[1, 3, 6], [10, 30, 60]]


def test_an_op_that_the_runtime_lacks() -> None:
    with pytest.raises(Mistake, match="does not run the model: Twice") as raised:
        evaluate(custom_op_model("Twice"), np.repeat(X, 4, axis=1))
    assert raised.value.field == "model"


def test_a_signature_by_its_name() -> None:
    model = build_model(
        [TensorSpec("x", (1, 1)), TensorSpec("y", (1, 1))],
        [OpSpec("SOFTMAX", ("x",), ("y",))],
        {name: SignatureSpec({"x": "x"}, {"y": "y"}) for name in ("encode", "decode")},
    )
    assert len(evaluate(model, signature="encode")) == 10
    with pytest.raises(Mistake, match="has several signatures"):
        evaluate(model)
