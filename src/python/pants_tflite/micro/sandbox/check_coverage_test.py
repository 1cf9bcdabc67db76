# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which ops TFLite Micro refuses, each in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("tflite_micro", reason="its wheels are for Linux x86_64 only")

from pants_tflite.micro.sandbox.check_coverage import check  # noqa: E402
from pants_tflite.micro.sandbox.check_coverage_protocol import MicroCoverageRequest  # noqa: E402
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport, RefusedOp  # noqa: E402
from pants_tflite.sandbox.testing.published_models import SHARED_MODELS, needs_models  # noqa: E402
from pants_tflite.sandbox.testing.small_models import (  # noqa: E402
    OpSpec,
    TensorSpec,
    build_model,
    custom_op_model,
    linear_model,
    quantized_linear_model,
)


def ask(path: Path, *kernels: str) -> CoverageReport:
    return check(MicroCoverageRequest("micro", str(path), kernels))


@pytest.mark.parametrize("data", [linear_model(), quantized_linear_model()])
def test_what_runs_has_no_refused_ops(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "m.tflite").write_bytes(data)
    report = ask(tmp_path / "m.tflite")
    assert report.loads and not report.refused
    assert report.answered_by.startswith("tflite-micro ")


def test_ops_and_types(tmp_path: Path) -> None:
    floats = [TensorSpec(name, (1, 4)) for name in ("x", "a", "y")]
    longs = [TensorSpec(name, (1, 4), "int64") for name in ("n", "m")]
    ops = [
        OpSpec("ABS", ("x",), ("a",)),
        OpSpec("GELU", ("a",), ("y",)),
        OpSpec("ADD", ("n", "n"), ("m",)),
    ]
    data = build_model([*floats, *longs], ops, inputs=("x", "n"), outputs=("y", "m"))
    (tmp_path / "m.tflite").write_bytes(data)
    report = ask(tmp_path / "m.tflite")
    assert not report.loads
    assert report.refused == (
        RefusedOp(1, "GELU", "y", "it has no kernel for this op"),
        RefusedOp(2, "ADD", "m", "Type INT64 (4) not supported."),
    )


def test_a_kernel_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "m.tflite").write_bytes(custom_op_model("Twice"))
    (op,) = ask(tmp_path / "m.tflite").refused
    assert op.op == "Twice"
    assert ask(tmp_path / "m.tflite", "Twice").loads


@needs_models
@pytest.mark.parametrize(
    "name",
    [
        "audio_preprocessor_int8",
        "ic/pretrainedResnet_quant",
        "keyword_scrambled_8bit",
        "person_detect",
    ],
)
def test_published_models_run(name: str) -> None:
    assert ask(Path(SHARED_MODELS, f"{name}.tflite")).loads


@needs_models
def test_hybrid_ops_are_refused_by_their_types() -> None:
    report = ask(Path(SHARED_MODELS, "kws/kws_ref_model_float32.tflite"))
    assert {op.op for op in report.refused} >= {"CONV_2D"}
    assert all("Hybrid" in op.reason for op in report.refused)
