# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pants_tflite.micro.npu.sandbox.compile_for_npu import CompileForNpuRequest, read_refusals
from pants_tflite.micro.npu.sandbox.compile_for_npu_protocol import NpuReport, RefusedNpuOp
from pants_tflite.sandbox.mistakes import MistakeReport

_ROOT = Path(__file__).resolve().parents[4]
# Dense layers in int8, which the NPU runs, and an op that it does not.
SINE = _ROOT.parents[1] / "tests" / "sine_int8.tflite"
ATAN = _ROOT.parents[1] / "tests" / "scaled_atan_int8.tflite"
REQUEST = CompileForNpuRequest(
    model="model.tflite",
    accelerator="ethos-u55-128",
    system_config="Ethos_U55_High_End_Embedded",
    memory_mode="Shared_Sram",
    config=None,
)
OWN_CONFIG = """\
[System_Config.Small_Board]
core_clock=48e6
axi0_port=Sram
axi1_port=OffChipFlash
Sram_clock_scale=1.0
OffChipFlash_clock_scale=0.125

[Memory_Mode.Small_Memory]
const_mem_area=Axi1
arena_mem_area=Axi0
cache_mem_area=Axi0
"""


def compile_in(
    folder: Path, model: Path, request: CompileForNpuRequest = REQUEST
) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    shutil.copyfile(model, folder / request.model)
    (folder / "request.json").write_bytes(request.render())
    return subprocess.run(
        [sys.executable, "-m", request.PROGRAM, "request.json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
    )


def report_in(folder: Path) -> NpuReport:
    return NpuReport.parse((folder / "out" / NpuReport.FILE).read_bytes())


def mistake_in(folder: Path) -> MistakeReport:
    return MistakeReport.parse((folder / "out" / MistakeReport.FILE).read_bytes())


def test_a_model_compiles_to_the_same_bytes_wherever_it_is(tmp_path: Path) -> None:
    folders = [tmp_path / "here", tmp_path / "a longer name"]
    for folder in folders:
        assert compile_in(folder, SINE).returncode == 0
    first, second = ((folder / "out" / "model.tflite").read_bytes() for folder in folders)
    assert first == second
    assert b"ethos-u" in first and b"ethos-u" not in SINE.read_bytes()


def test_the_report_has_the_figures_of_vela(tmp_path: Path) -> None:
    assert compile_in(tmp_path, SINE).returncode == 0
    report = report_in(tmp_path)
    assert (report.accelerator, report.system_config, report.memory_mode) == (
        *("ethos-u55-128", "Ethos_U55_High_End_Embedded", "Shared_Sram"),
    )
    assert 0 < report.npu_cycles < report.cycles
    # 16 + 16 * 16 + 16 in three dense layers.
    assert report.macs == 288
    assert 0 < report.sram < report.off_chip_flash
    assert (report.dram, report.on_chip_flash, report.refused) == (0, 0, ())


def test_another_accelerator_gets_other_code(tmp_path: Path) -> None:
    compiled = set()
    for name in ("ethos-u55-32", "ethos-u65-512", "ethos-u85-256"):
        result = compile_in(tmp_path / name, SINE, replace(REQUEST, accelerator=name))
        assert result.returncode == 0, result.stderr
        assert report_in(tmp_path / name).accelerator == name
        compiled.add((tmp_path / name / "out" / "model.tflite").read_bytes())
    assert len(compiled) == 3


def test_an_op_that_the_npu_lacks_stays_as_it_is(tmp_path: Path) -> None:
    assert compile_in(tmp_path, ATAN).returncode == 0
    assert report_in(tmp_path).npu_cycles == 0
    assert b"ethos-u" not in (tmp_path / "out" / "model.tflite").read_bytes()


def test_reasons_are_found_in_what_vela_prints() -> None:
    printed = (
        "Warning (supported operators) operator: DEQUANTIZE, ofm: 'scores'\n"
        "Reason: Operation has tensor with unsupported DataType Float32 (scores)\n"
        'Feature-map dataTypes must be one of {"INT16", "INT8"}\n'
    )
    reason = "Operation has tensor with unsupported DataType Float32 (scores)"
    assert read_refusals(printed) == (RefusedNpuOp("scores", reason),)


def test_a_configuration_of_the_users_own_counts(tmp_path: Path) -> None:
    own = replace(
        REQUEST, system_config="Small_Board", memory_mode="Small_Memory", config="boards/own.ini"
    )
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards" / "own.ini").write_text(OWN_CONFIG)
    result = compile_in(tmp_path, SINE, own)
    assert result.returncode == 0, result.stderr
    report = report_in(tmp_path)
    assert (report.system_config, report.memory_mode) == ("Small_Board", "Small_Memory")


@pytest.mark.parametrize(
    ("field", "value"), [("system_config", "Ethos_U99"), ("memory_mode", "No_Sram")]
)
def test_a_section_that_is_not_there_is_named_with_those_that_are(
    tmp_path: Path, field: str, value: str
) -> None:
    assert compile_in(tmp_path, SINE, replace(REQUEST, **{field: value})).returncode == 3
    mistake = mistake_in(tmp_path)
    assert (mistake.field, mistake.value) == (field, value)
    default = getattr(REQUEST, field)
    assert default in mistake.fix


def test_a_damaged_model_is_refused_with_what_vela_says(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(SINE.read_bytes()[:-1500])
    result = compile_in(tmp_path / "run", damaged)
    assert result.returncode == 3, result.stderr
    assert mistake_in(tmp_path / "run").value == "ethos-u55-128"
