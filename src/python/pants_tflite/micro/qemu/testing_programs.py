# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Programs in tests, compiled for a board and run in QEMU without Pants."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.cc.platforms import CORTEX_M, PLATFORMS
from pants_tflite.cc.riscv_gcc_tools import read_cxx_folders
from pants_tflite.micro.qemu import boards
from pants_tflite.micro.qemu.boards import BOARDS, LINKER_SCRIPT
from pants_tflite.micro.target_types import CPUS
from pants_tflite.micro.tflm.tflm_library import CXX_FLAGS

_ARM, _RISC_V = "arm-none-eabi-", "riscv64-unknown-elf-"
_WARNINGS = ("-Wall", "-Wextra", "-Werror")


def _prefix(cpu: str) -> str:
    return _ARM if PLATFORMS[cpu].system == CORTEX_M else _RISC_V


def _lacks(cpu: str) -> list[str]:
    """The programs that a test of a processor needs and that are not there."""
    needed = {f"{_prefix(cpu)}gcc", f"{_prefix(cpu)}g++", f"{_ARM}g++", BOARDS[cpu].family.qemu}
    return sorted(program for program in needed if shutil.which(program) is None)


def _param(cpu: str) -> object:
    lacks = _lacks(cpu)
    return pytest.param(
        cpu, marks=pytest.mark.skipif(bool(lacks), reason=f"there is no {', '.join(lacks)}")
    )


on_each_processor = pytest.mark.parametrize("cpu", [_param(cpu) for cpu in CPUS])
# One of each kind.
on_each_kind = pytest.mark.parametrize("cpu", [_param("cortex-m4"), _param("rv32imc")])
on_cortex_m = pytest.mark.parametrize("cpu", [_param("cortex-m4")])
on_risc_v = pytest.mark.parametrize("cpu", [_param("rv32imc")])


def _cxx_headers(cpu: str) -> list[str]:
    """Flags that name headers of C++, which Debian's compiler for RISC-V lacks."""
    if PLATFORMS[cpu].system == CORTEX_M:
        return []
    asked = [f"{_ARM}g++", *PLATFORMS["cortex-m3"].gcc_flags, "-E", "-v", "-x", "c++", "/dev/null"]
    says = subprocess.run(asked, check=True, capture_output=True, text=True).stderr
    return [flag for folder in read_cxx_folders(says) for flag in ("-isystem", folder)]


def run_program(
    cpu: str, source: str, folder: Path, *qemu_flags: str
) -> subprocess.CompletedProcess[str]:
    """What a program of C++ does on the board of a processor. `folder` has the headers it includes."""
    board, prefix = BOARDS[cpu], _prefix(cpu)
    flags = PLATFORMS[cpu].gcc_flags
    (folder / LINKER_SCRIPT).write_text(board.render_linker_script())
    (folder / "main.cc").write_text(source)
    for name in (board.family.sections, board.family.startup):
        shutil.copy(Path(boards.__file__).parent / name, folder)
    gxx = [f"{prefix}g++", *flags]
    cxx_flags = ["-std=c++17", *CXX_FLAGS, *_WARNINGS, *_cxx_headers(cpu)]
    for command in (
        [f"{prefix}gcc", *flags, "-Os", *_WARNINGS, "-c", board.family.startup, "-o", "startup.o"],
        [*gxx, *cxx_flags, "-c", "main.cc"],
        [*gxx, "startup.o", "main.o", *board.link_flags, "-o", "main.elf"],
    ):
        subprocess.run(command, cwd=folder, check=True)
    return subprocess.run(
        [*board.argv(board.family.qemu, "main.elf"), *qemu_flags],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
