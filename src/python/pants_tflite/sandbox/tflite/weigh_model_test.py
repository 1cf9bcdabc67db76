# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pathlib import Path

from pants_tflite.sandbox.testing.program_runs import run_program
from pants_tflite.sandbox.testing.small_models import (
    OpSpec,
    TensorSpec,
    build_model,
    linear_model,
)
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.weigh_model import weigh
from pants_tflite.sandbox.tflite.weigh_model_protocol import (
    StoredTensor,
    WeighRequest,
    WeightReport,
)


def test_an_op_has_the_bytes_of_its_constants() -> None:
    report = weigh(parse_model(linear_model(features=5)))
    (op,) = report.ops
    assert (op.op, op.tensor, op.folded) == ("FULLY_CONNECTED", "y", False)
    assert op.stored == (
        StoredTensor("weights", (1, 5), "float32", 20),
        StoredTensor("bias", (1,), "float32", 4),
    )
    assert report.bytes == len(linear_model(features=5))
    assert report.other == report.bytes - 24


def test_weights_that_an_op_unpacks_are_with_the_op_that_uses_them() -> None:
    model = build_model(
        [
            TensorSpec("x", (1, 3)),
            TensorSpec("half", (2, 3), "float16", value=0.5),
            TensorSpec("weights", (2, 3)),
            TensorSpec("y", (1, 2)),
        ],
        [
            OpSpec("DEQUANTIZE", ("half",), ("weights",), version=3),
            OpSpec("FULLY_CONNECTED", ("x", "weights", ""), ("y",)),
        ],
    )
    unpacking, using = weigh(parse_model(model)).ops
    assert (unpacking.folded, unpacking.stored) == (True, ())
    assert (using.folded, using.stored) == (False, (StoredTensor("half", (2, 3), "float16", 12),))


def test_constants_that_two_ops_share_count_once() -> None:
    model = build_model(
        [
            TensorSpec("x", (1, 2)),
            TensorSpec("weights", (2, 2), value=0.5),
            TensorSpec("a", (1, 2)),
            TensorSpec("y", (1, 2)),
        ],
        [
            OpSpec("FULLY_CONNECTED", ("x", "weights", ""), ("a",)),
            OpSpec("FULLY_CONNECTED", ("a", "weights", ""), ("y",)),
        ],
    )
    assert [sum(t.bytes for t in op.stored) for op in weigh(parse_model(model)).ops] == [16, 0]


def test_program_writes_its_report(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(linear_model())
    result = run_program("tflite.weigh_model", tmp_path, WeighRequest("model.tflite"))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    report = WeightReport.parse((tmp_path / "out/weights.json").read_bytes())
    assert report == weigh(parse_model(linear_model()))
