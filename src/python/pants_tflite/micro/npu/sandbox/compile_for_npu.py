# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Compiles a model for an Ethos-U NPU with Vela, and reports what Vela estimates."""

from __future__ import annotations

import csv
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tempfile
from configparser import ConfigParser, Error
from pathlib import Path
from typing import Mapping

from ethosu.vela.architecture_features import CONFIG_FILES_PATH

from pants_tflite.micro.npu.sandbox.compile_for_npu_protocol import (
    CompileForNpuRequest,
    NpuReport,
    RefusedNpuOp,
)
from pants_tflite.sandbox.harness import OUTPUT_DIR, run, write_report
from pants_tflite.sandbox.mistakes import Mistake

# Vela's name of its own file, relative to the folder in which it looks.
_OWN_CONFIG = "Arm/vela.ini"
_SYSTEM_CONFIG, _MEMORY_MODE = "System_Config.", "Memory_Mode."
_REFUSAL = re.compile(
    r"^Warning \(supported operators\) operator: \S+, ofm: '(?P<tensor>.*)'\nReason: (?P<reason>.*)$",
    re.MULTILINE,
)
_LAST_LINES = 20


def check_sections(request: CompileForNpuRequest) -> None:
    """Raises if the configuration lacks what is asked for, and says what it has."""
    path = Path(request.config or Path(CONFIG_FILES_PATH, _OWN_CONFIG))
    parser = ConfigParser()
    try:
        parser.read_string(path.read_text())
    except (Error, UnicodeDecodeError) as error:
        raise Mistake(
            f"the file is not a configuration that Vela reads: {error}",
            field="npu_config",
            value=path.name,
            fix="Write it as Vela's own `vela.ini` is written.",
        ) from error
    for field, prefix, value in (
        ("system_config", _SYSTEM_CONFIG, request.system_config),
        ("memory_mode", _MEMORY_MODE, request.memory_mode),
    ):
        known = sorted(name[len(prefix) :] for name in parser.sections() if name.startswith(prefix))
        if value not in known:
            whose = "the file that `npu_config` names" if request.config else "Vela's own file"
            raise Mistake(
                f"there is no section `{prefix}{value}` in {whose}",
                field=field,
                value=value,
                fix=f"Choose one of {', '.join(known) or 'none: it has no such section'}.",
            )


def compile_model(request: CompileForNpuRequest, folder: Path) -> str:
    """Runs Vela, which writes into `folder`; returns what it prints."""
    # A path that begins with a dot is not looked for among Vela's own files.
    config = f"./{request.config}" if request.config else _OWN_CONFIG
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "ethosu.vela", request.model),
            f"--accelerator-config={request.accelerator}",
            f"--config={config}",
            f"--system-config={request.system_config}",
            f"--memory-mode={request.memory_mode}",
            f"--output-dir={folder}",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if finished.returncode:
        raise Mistake(
            f"Vela cannot compile the model for {request.accelerator}",
            field="npu",
            value=request.accelerator,
            fix=(
                "Read what Vela says above. Another `system_config` or `memory_mode` may be what this "
                "accelerator takes; or leave the model out of this library."
            ),
            detail="\n".join(finished.stdout.strip().splitlines()[-_LAST_LINES:]),
        )
    return finished.stdout


def read_summary(folder: Path) -> Mapping[str, str]:
    """The figures of the one model that Vela compiled."""
    (path,) = folder.glob("*_summary_*.csv")
    with path.open(newline="") as file:
        (row,) = csv.DictReader(file)
    return row


def read_refusals(printed: str) -> tuple[RefusedNpuOp, ...]:
    """The ops that Vela says it leaves on the CPU, with its reasons."""
    found = {match["tensor"]: match["reason"] for match in _REFUSAL.finditer(printed)}
    return tuple(RefusedNpuOp(tensor, reason) for tensor, reason in sorted(found.items()))


def to_report(request: CompileForNpuRequest, summary: Mapping[str, str], printed: str) -> NpuReport:
    def to_bytes(memory: str) -> int:
        return round(float(summary[f"{memory}_memory_used"]) * 1024)

    def count(name: str) -> int:
        return round(float(summary[name]))

    return NpuReport(
        vela=importlib.metadata.version("ethos-u-vela"),
        accelerator=request.accelerator,
        system_config=summary["system_config"],
        memory_mode=summary["memory_mode"],
        cycles=count("cycles_total"),
        npu_cycles=count("cycles_npu"),
        macs=count("nn_macs"),
        sram=to_bytes("sram"),
        dram=to_bytes("dram"),
        on_chip_flash=to_bytes("on_chip_flash"),
        off_chip_flash=to_bytes("off_chip_flash"),
        refused=read_refusals(printed),
    )


def main(request: CompileForNpuRequest) -> None:
    check_sections(request)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        printed = compile_model(request, folder)
        (compiled,) = folder.glob("*_vela.tflite")
        shutil.copyfile(compiled, OUTPUT_DIR / "model.tflite")
        write_report(to_report(request, read_summary(folder), printed))


if __name__ == "__main__":
    run(main, CompileForNpuRequest)
