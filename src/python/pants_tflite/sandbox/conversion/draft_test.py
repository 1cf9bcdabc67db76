# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A draft is the very model that the steps of a build make of the same function."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any, Mapping

import numpy as np
import pytest

from pants_tflite.sandbox.conversion import convert, draft
from pants_tflite.sandbox.conversion.convert_protocol import ConvertRequest
from pants_tflite.sandbox.conversion.draft_protocol import DraftRequest
from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.saved_models import export, fix_shapes
from pants_tflite.sandbox.saved_models.export_protocol import ExportRequest
from pants_tflite.sandbox.saved_models.fix_shapes_protocol import FixShapesRequest
from pants_tflite.sandbox.saved_models.list_graph_ops import list_graph_ops
from pants_tflite.sandbox.saved_models.tensorflow_runtime import start_tensorflow
from pants_tflite.sandbox.testing.convert_requests import convert_request

# The biases and the scale of what normalizes are all alike before a training, and the inputs are not in the
# order of their names.
TWO_INPUTS = """\
import keras


def build():
    y, x = keras.Input((4,), name="y"), keras.Input((None, 4), name="x")
    pooled = keras.layers.GlobalAveragePooling1D()(keras.layers.Dense(4, name="wide")(x))
    both = keras.layers.BatchNormalization()(keras.layers.Concatenate()([y, pooled]))
    return keras.Model([y, x], keras.layers.Dense(2, name="scores")(both))
"""
ERF = """\
import keras


def build():
    x = keras.Input((4,), name="x")
    return keras.Model(x, keras.ops.erf(keras.layers.Dense(4, name="dense")(x)))
"""
_numbers = itertools.count()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_tensorflow(threads=1)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))


def call_of(source: str) -> EntryPointCall:
    name = f"drafted_{next(_numbers)}"
    Path(f"{name}.py").write_text(source)
    return EntryPointCall(EntryPointFunction(name, "build", f"{name}.py", "untrained"), {})


def conversion(mode: str = "float32", calibration: str | None = None) -> ConvertRequest:
    return convert_request(mode=mode, calibration=calibration)


def run(program: Any, request: Any) -> Path:
    """Runs a program as a process of its own would, and moves its output to where the next one finds it."""
    import keras

    # Keras numbers the layers of a process.
    keras.backend.clear_session()
    out = Path("out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    program.main(request)
    for path in out.iterdir():
        target = Path(path.name)
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        shutil.move(path, target)
    return Path("model.tflite")


def built(
    call: EntryPointCall, asked: ConvertRequest, shapes: Mapping[str, tuple[int, ...]]
) -> bytes:
    run(export, ExportRequest(call, seed=3, threads=1, untrained=True))
    if shapes:
        run(fix_shapes, FixShapesRequest("saved_model", (), shapes, seed=3, threads=1))
    return run(convert, asked).read_bytes()


@pytest.mark.parametrize("shapes", [{}, {"x": (1, 7, 4), "y": (1, 4)}])
def test_a_draft_has_the_bytes_of_the_model_that_is_built(
    shapes: Mapping[str, tuple[int, ...]],
) -> None:
    call = call_of(TWO_INPUTS)
    expected = built(call, conversion(), shapes)
    assert run(draft, DraftRequest(call, 3, shapes, conversion())).read_bytes() == expected
    assert run(draft, DraftRequest(call, 4, shapes, conversion())).read_bytes() != expected


def test_a_draft_is_calibrated() -> None:
    call, random = call_of(TWO_INPUTS), np.random.default_rng(0)
    shapes = {"x": (9, 5, 4), "y": (9, 4)}
    write_npz(
        Path("dataset.npz"),
        {f"input/{n}": random.uniform(size=s).astype("float32") for n, s in shapes.items()},
    )
    asked = conversion("int8", "dataset.npz")
    assert run(draft, DraftRequest(call, 3, {}, asked)).read_bytes() == built(call, asked, {})


def test_a_refused_model_leaves_why_and_where() -> None:
    run(draft, DraftRequest(call_of(ERF), 0, {}, conversion()))
    error = json.loads(Path("error.json").read_text())
    assert "no op `Erf`" in error["message"]
    assert error["value"] == "Erf" and error["nodes"]
    lines = json.loads(Path("code_lines.json").read_text())["nodes"]
    assert [lines[node]["operation"] for node in error["nodes"]] == ["erf"]
    report = list_graph_ops(Path("saved_model/saved_model.pb").read_bytes())
    assert "Erf" in [op.op for op in report.ops]
    assert not Path("model.tflite").exists()


def test_a_function_that_fails_is_no_refused_model() -> None:
    with pytest.raises(Mistake, match="returned None"):
        run(draft, DraftRequest(call_of("def build(): pass"), 0, {}, conversion()))
