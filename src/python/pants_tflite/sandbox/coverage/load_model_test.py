# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Models in the interpreter at hand: what it refuses, and which of their ops that are."""

from __future__ import annotations

from pathlib import Path

import pytest

from pants_tflite.sandbox.coverage import cut_ops, load_model
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport
from pants_tflite.sandbox.coverage.cut_ops_protocol import CutOpsReport, CutOpsRequest
from pants_tflite.sandbox.coverage.load_model_protocol import LoadModelRequest
from pants_tflite.sandbox.testing.published_models import SHARED_MODELS, needs_models
from pants_tflite.sandbox.testing.small_models import (
    OpSpec,
    TensorSpec,
    build_model,
    custom_op_model,
    linear_model,
    stateful_model,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(folder: Path, request: CutOpsRequest | LoadModelRequest) -> None:
    (folder / "out").mkdir()
    if isinstance(request, CutOpsRequest):
        cut_ops.main(request)
    else:
        load_model.main(request)


def ask(folder: Path, data: bytes, *kernels: str) -> CoverageReport:
    """What the interpreter says of a model and, if it refuses that, of its ops."""
    (folder / "model.tflite").write_bytes(data)
    request = LoadModelRequest("litert", "model.tflite", kernels, None)
    run(folder, request)
    report = CoverageReport.parse((folder / "out" / CoverageReport.FILE).read_bytes())
    if report.loads:
        return report
    assert report.remark and not report.refused
    (folder / "out").rename(folder / "first")
    run(folder, CutOpsRequest("model.tflite"))
    (folder / "out").rename(folder / "cut")
    run(folder, LoadModelRequest("litert", "model.tflite", kernels, "cut"))
    return CoverageReport.parse((folder / "out" / CoverageReport.FILE).read_bytes())


@pytest.mark.parametrize("data", [linear_model(), stateful_model()])
def test_what_loads_has_no_refused_ops(tmp_path: Path, data: bytes) -> None:
    report = ask(tmp_path, data)
    assert report.loads and not report.refused
    assert report.answered_by.startswith("ai-edge-litert ")


def test_each_refused_op_is_found_with_its_version_and_types(tmp_path: Path) -> None:
    floats = [TensorSpec(name, (1, 4)) for name in ("x", "a", "b", "y")]
    longs = [TensorSpec(name, (1, 4), "uint16") for name in ("n", "m")]
    ops = [
        OpSpec("ABS", ("x",), ("a",)),
        OpSpec("GELU", ("a",), ("b",), version=99),
        OpSpec("RELU", ("b",), ("y",)),
        OpSpec("NEG", ("n",), ("m",)),
        OpSpec("Twice", ("x",), ("a",), custom=True),
    ]
    data = build_model([*floats, *longs], ops, inputs=("x", "n"), outputs=("y", "m"))
    report = ask(tmp_path, data)
    assert not report.loads
    assert [(op.index, op.op, op.tensor) for op in report.refused] == [
        (1, "GELU", "b"),
        (3, "NEG", "m"),
        (4, "Twice", "a"),
    ]
    gelu, neg, twice = (op.reason for op in report.refused)
    assert "'GELU' version '99'" in gelu
    assert neg.startswith("Neg only currently supports int64, int32, and float32")
    assert twice == "Encountered unresolved custom op: Twice."


def test_a_custom_op_with_a_kernel_is_not_refused(tmp_path: Path) -> None:
    report = ask(tmp_path, custom_op_model("Twice"), "Twice")
    assert report.loads and "Twice" in report.remark


def test_a_crash_is_an_answer(tmp_path: Path) -> None:
    # Its options are missing, which the interpreter does not expect.
    tensors = [TensorSpec("x", (1, 4)), TensorSpec("y", (1, 4))]
    (op,) = ask(tmp_path, build_model(tensors, [OpSpec("SPLIT", ("x", "x"), ("y",))])).refused
    assert (op.op, op.reason) == ("SPLIT", "it ends the process with SIGSEGV")


def test_an_op_that_works_in_its_model_alone_does_not_stand_alone(tmp_path: Path) -> None:
    # The interpreter works out that `a` has six elements, where the file says one.
    tensors = [
        TensorSpec("x", (1, 6)),
        TensorSpec("a", (1, 1)),
        TensorSpec("shape", (2,), "int32", value=[2, 3]),
        TensorSpec("y", (2, 3)),
    ]
    ops = [OpSpec("ABS", ("x",), ("a",)), OpSpec("RESHAPE", ("a", "shape"), ("y",))]
    (tmp_path / "model.tflite").write_bytes(build_model(tensors, ops))
    run(tmp_path, CutOpsRequest("model.tflite"))
    report = CutOpsReport.parse((tmp_path / "out" / CutOpsReport.FILE).read_bytes())
    assert [(op.op, op.tensor, op.stands_alone) for op in report.ops] == [
        ("ABS", "a", True),
        ("RESHAPE", "y", False),
    ]


@needs_models
@pytest.mark.parametrize(
    ("name", "ops"),
    [
        ("keyword_scrambled_8bit", {"SVDF"}),
        ("person_detect", {"DEPTHWISE_CONV_2D"}),
        (
            "audio_preprocessor_int8",
            {
                "SignalEnergy",
                "SignalFftAutoScale",
                "SignalFilterBank",
                "SignalFilterBankLog",
                "SignalFilterBankSpectralSubtraction",
                "SignalFilterBankSquareRoot",
                "SignalPCAN",
                "SignalRfft",
                "SignalWindow",
            },
        ),
    ],
)
def test_published_models_for_microcontrollers(tmp_path: Path, name: str, ops: set[str]) -> None:
    report = ask(tmp_path, Path(SHARED_MODELS, f"{name}.tflite").read_bytes())
    assert {op.op for op in report.refused} == ops
