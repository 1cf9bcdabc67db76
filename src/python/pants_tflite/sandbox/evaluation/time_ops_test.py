# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from pants_tflite.sandbox.evaluation.time_ops import main, time_call
from pants_tflite.sandbox.evaluation.time_ops_protocol import OpTimesReport, TimeOpsRequest
from pants_tflite.sandbox.testing.small_models import OpSpec, TensorSpec, build_model


def timed(folder: Path, content: bytes) -> OpTimesReport:
    (folder / "out").mkdir()
    (folder / "model.tflite").write_bytes(content)
    main(TimeOpsRequest("model.tflite"))
    return OpTimesReport.parse((folder / "out/op_times.json").read_bytes())


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_op_with_more_to_do_takes_longer(tmp_path: Path) -> None:
    large, small = (1, 2048), (1, 1)
    weights = np.random.default_rng(0).normal(size=(2048, 2048)).astype(np.float32)
    model = build_model(
        [
            TensorSpec("x", large),
            TensorSpec("many", (2048, 2048), value=weights),
            TensorSpec("a", large),
            TensorSpec("few", (1, 2048), value=1.0),
            TensorSpec("y", small),
        ],
        [
            OpSpec("FULLY_CONNECTED", ("x", "many", ""), ("a",)),
            OpSpec("FULLY_CONNECTED", ("a", "few", ""), ("y",)),
        ],
    )
    report = timed(tmp_path, model)
    assert sorted(report.seconds) == ["0", "1"] and not report.not_timed
    assert report.seconds["0"] > 10 * report.seconds["1"] > 0


def test_ops_that_compute_constants_have_no_time(tmp_path: Path) -> None:
    model = build_model(
        [
            TensorSpec("x", (1, 4)),
            TensorSpec("half", (2, 4), "float16", value=0.5),
            TensorSpec("weights", (2, 4)),
            TensorSpec("y", (1, 2)),
        ],
        [
            OpSpec("DEQUANTIZE", ("half",), ("weights",), version=3),
            OpSpec("FULLY_CONNECTED", ("x", "weights", ""), ("y",)),
        ],
    )
    assert list(timed(tmp_path, model).seconds) == ["1"]


def test_an_op_that_cannot_run_alone_says_why(tmp_path: Path) -> None:
    model = build_model(
        [TensorSpec("x", (1, 4)), TensorSpec("a", (1, 4)), TensorSpec("y", (1, 4))],
        [OpSpec("Twice", ("x",), ("a",), custom=True), OpSpec("SOFTMAX", ("a",), ("y",))],
    )
    report = timed(tmp_path, model)
    assert "Twice" in report.not_timed["0"]
    assert list(report.seconds) == ["1"]


def test_a_call_takes_as_long_as_it_takes() -> None:
    assert 0.01 <= time_call(lambda: time.sleep(0.01)) < 0.05
