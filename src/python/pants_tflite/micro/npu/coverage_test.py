# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What Vela's result means for those who ask which ops an NPU takes."""

from __future__ import annotations

from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.errors import Mistake
from pants_tflite.micro.npu.accelerators import Accelerator
from pants_tflite.micro.npu.compilation import CompiledForNpu, CpuOp
from pants_tflite.micro.npu.coverage import Chip, refused_as_a_whole, to_report, within_budget
from pants_tflite.micro.npu.sandbox.compile_for_npu_protocol import NpuReport
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport, RefusedOp
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse

NPU = "ethos-u55-128"
CHIP = Accelerator(NPU, "Ethos_U55_High_End_Embedded")


def use(op: str, tensor: str) -> OpUse:
    return OpUse(
        subgraph=0,
        op=op,
        version=1,
        custom=False,
        tensor=tensor,
        layer="",
        dtypes=("float32",),
        macs=0,
        is_before_weights=False,
    )


OPS = (use("QUANTIZE", "q"), use("CONV_2D", "c"), use("DEQUANTIZE", "d"))


def compiled(*cpu_ops: CpuOp, npu_ops: int = 1) -> CompiledForNpu:
    report = NpuReport(
        vela="5.2.0",
        accelerator=NPU,
        system_config="",
        memory_mode="",
        cycles=1,
        npu_cycles=1,
        macs=0,
        sram=0,
        dram=0,
        on_chip_flash=0,
        off_chip_flash=0,
        refused=(),
    )
    return CompiledForNpu(EMPTY_DIGEST, report, npu_ops, cpu_ops)


def report_on(*cpu_ops: CpuOp, npu_ops: int = 1) -> CoverageReport:
    return to_report(NPU, OPS, compiled(*cpu_ops, npu_ops=npu_ops))


def test_a_model_that_runs_on_the_npu_as_a_whole() -> None:
    report = report_on()
    assert (report.runtime, report.loads, report.refused) == (NPU, True, ())
    assert (report.remark, report.answered_by) == ("", "Vela 5.2.0")


def test_ops_on_the_processor_are_those_of_the_model_before_vela() -> None:
    report = report_on(CpuOp(use("DEQUANTIZE", "d"), "Float32"), CpuOp(use("QUANTIZE", "q"), ""))
    assert report.loads is True
    assert report.refused == (
        RefusedOp(2, "DEQUANTIZE", "d", "Float32"),
        RefusedOp(0, "QUANTIZE", "q", "Vela does not say why"),
    )
    assert report.remark == "Vela leaves 2 ops to the processor"


def test_an_op_that_vela_made_is_told_without_a_place_in_the_model() -> None:
    report = report_on(CpuOp(use("RESHAPE", "made"), "no reason"))
    assert report.refused == ()
    assert "made some of them itself: RESHAPE, which makes `made`: no reason" in report.remark


def test_a_model_of_which_nothing_runs_on_the_npu_is_not_taken() -> None:
    report = report_on(CpuOp(use("CONV_2D", "c"), "Float32"), npu_ops=0)
    assert report.loads is False
    assert report.remark == "nothing of the model runs on the NPU"
    assert within_budget(report, Chip(CHIP, max_cpu_ops=0), 1) == report


def test_more_ops_than_the_budget_allows_are_not_taken() -> None:
    report = report_on(CpuOp(use("QUANTIZE", "q"), "Float32"))
    for chip in (Chip(CHIP), Chip(CHIP, max_cpu_ops=1)):
        assert within_budget(report, chip, 1) == report
    over = within_budget(report, Chip(CHIP, max_cpu_ops=0), 1)
    assert over.loads is False and over.refused == report.refused
    assert over.remark.endswith(", of which `max_cpu_ops` allows 0")


def test_what_vela_says_last_is_why_it_does_not_compile_a_model() -> None:
    mistake = Mistake("Vela cannot compile it", fix="", detail="much\nand the cause\n")
    report = refused_as_a_whole(NPU, mistake)
    assert report.loads is False
    assert report.remark == "Vela cannot compile it: and the cause"
