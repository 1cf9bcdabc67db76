# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pants_tflite.sandbox.evaluation.time_model_protocol import TimedModel, TimeModelRequest
from pants_tflite.sandbox.evaluation.time_models import TimedProcess
from pants_tflite.sandbox.evaluation.time_models_protocol import TimeModelsRequest, TimingReport
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.testing.program_runs import run_program
from pants_tflite.sandbox.testing.small_models import (
    OpSpec,
    SignatureSpec,
    TensorSpec,
    build_model,
    linear_model,
    refused_model,
)

# Small enough for the weights of 32 layers to fit into a core's own cache, as those of 8 do. With what
# does not fit, four times the work takes more than eight times as long on some processors.
WIDTH = 96


def stack_model(layers: int, *, signature: bool = True) -> bytes:
    """So many multiplications by a matrix, one after the other."""
    tensors = [TensorSpec("x", (1, WIDTH))]
    ops = []
    for number in range(layers):
        before, after = tensors[0 if number == 0 else -1].name, f"y{number}"
        # Each has weights of its own, lest the interpreter be clever.
        weights = TensorSpec(f"w{number}", (WIDTH, WIDTH), value=0.001 * (number + 1))
        tensors += [weights, TensorSpec(after, (1, WIDTH))]
        ops.append(OpSpec("FULLY_CONNECTED", (before, weights.name, ""), (after,)))
    last = tensors[-1].name
    signatures = {"serving_default": SignatureSpec({"x": "x"}, {"y": last})} if signature else None
    return build_model(tensors, ops, signatures, outputs=[last])


def _time(folder: Path, *models: bytes, **changes: Any) -> tuple[int, str]:
    names = []
    for number, data in enumerate(models):
        names.append(TimedModel(f"model_{number}.tflite"))
        (folder / names[-1].model).write_bytes(data)
    fields = {"dataset": None, "signature": None, "max_seconds": 2.0, **changes}
    request = TimeModelsRequest(tuple(names), dataset_field="dataset", **fields)
    ran = run_program("evaluation.time_models", folder, request)
    return ran.returncode, ran.stderr


def _report(folder: Path) -> TimingReport:
    return TimingReport.parse((folder / "out/timings.json").read_bytes())


def test_a_model_with_four_times_the_work_takes_about_four_times_as_long(tmp_path: Path) -> None:
    assert _time(tmp_path, stack_model(32), stack_model(8))[0] == 0
    report = _report(tmp_path)
    assert report.ratio is not None and 2 < report.ratio < 8
    slow, fast = report.median_seconds
    assert slow > fast > 0
    assert report.rounds >= 5
    assert list(report.tools) == ["ai-edge-litert"]


def test_a_model_takes_as_long_as_itself(tmp_path: Path) -> None:
    model = stack_model(8, signature=False)
    assert _time(tmp_path, model, model)[0] == 0
    ratio = _report(tmp_path).ratio
    assert ratio is not None and 0.75 < ratio < 1.33


def test_a_single_model_has_no_ratio(tmp_path: Path) -> None:
    write_npz(tmp_path / "dataset.npz", {"input/x": np.ones((3, 1), np.float32)})
    assert _time(tmp_path, linear_model(), dataset="dataset.npz", max_seconds=0.1)[0] == 0
    assert _report(tmp_path).ratio is None


@pytest.mark.parametrize(
    "model, samples, field",
    [(refused_model(), None, "model"), (linear_model(), np.ones((3, 5), np.float32), "dataset")],
)
def test_what_is_wrong_with_one_model_is_reported(
    tmp_path: Path, model: bytes, samples: np.ndarray | None, field: str
) -> None:
    if samples is not None:
        write_npz(tmp_path / "dataset.npz", {"input/x": samples})
    dataset = None if samples is None else "dataset.npz"
    code, _ = _time(tmp_path, linear_model(), model, dataset=dataset)
    assert code == 3
    assert json.loads((tmp_path / "out/error.json").read_text())["field"] == field


def test_a_process_that_is_killed_is_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    Path("model.tflite").write_bytes(linear_model())
    request = TimeModelRequest(
        TimedModel("model.tflite"), dataset=None, dataset_field="dataset", signature=None
    )
    with pytest.raises(SystemExit) as exited:
        with TimedProcess(request, 0) as process:
            assert process.time(3) > 0
            process.kill()
            process.time(3)
    assert exited.value.code == 128 + signal.SIGKILL
