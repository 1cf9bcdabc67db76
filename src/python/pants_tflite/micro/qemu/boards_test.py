# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.cc.platforms import PLATFORMS
from pants_tflite.micro.qemu.boards import (
    BOARDS,
    LINK_FLAGS,
    LINKER_SCRIPT,
    SECTIONS_FILE,
    STARTUP_FILE,
)
from pants_tflite.micro.target_types import CPUS

_HERE = Path(__file__).parent
# Needs zeroed and initialized memory, a constructor, floating point and an exit code.
_PROGRAM = """#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct Constructed { int value; Constructed() : value(40) {} };
Constructed constructed;
volatile float two = 2.0f;
static char zeroes[1 << 16];
int main() {
  char* heap = static_cast<char*>(malloc(1 << 16));
  memset(heap, 1, 1 << 16);
  for (char zero : zeroes) if (zero != 0) return 1;
  fprintf(stderr, "value %d\\n", static_cast<int>(constructed.value * (two + 0.5f)) + heap[9]);
  ENDING
}
"""

needs_tools = pytest.mark.skipif(
    not (shutil.which("arm-none-eabi-g++") and shutil.which("qemu-system-arm")),
    reason="it needs the Debian packages gcc-arm-none-eabi, libstdc++-arm-none-eabi-newlib and "
    "qemu-system-arm",
)


def _run(cpu: str, ending: str, folder: Path) -> subprocess.CompletedProcess[str]:
    board = BOARDS[cpu]
    flags = PLATFORMS[cpu].gcc_flags
    (folder / LINKER_SCRIPT).write_text(board.render_linker_script())
    (folder / "main.cc").write_text(_PROGRAM.replace("ENDING", ending))
    for name in (SECTIONS_FILE, STARTUP_FILE):
        shutil.copy(_HERE / name, folder)
    for command in (
        ["arm-none-eabi-gcc", *flags, "-Os", "-Wall", "-Wextra", "-Werror", "-c", STARTUP_FILE],
        ["arm-none-eabi-g++", *flags, "-Os", "-fno-exceptions", "-c", "main.cc"],
        ["arm-none-eabi-g++", *flags, "startup.o", "main.o", *LINK_FLAGS, "-o", "main.elf"],
    ):
        subprocess.run(command, cwd=folder, check=True)
    return subprocess.run(
        board.argv("qemu-system-arm", "main.elf"),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_every_processor_has_a_board() -> None:
    assert set(BOARDS) == set(CPUS)


@needs_tools
@pytest.mark.parametrize("cpu", CPUS)
def test_a_program_starts_prints_and_ends(cpu: str, tmp_path: Path) -> None:
    run = _run(cpu, "return 0;", tmp_path)
    assert (run.stdout + run.stderr, run.returncode) == ("value 101\n", 0)


@needs_tools
@pytest.mark.parametrize(
    ("ending", "code"),
    [("return 5;", 5), ("abort();", 1), ("*(volatile int*)0xFFFFFFF1 = 3; return 0;", 70)],
)
def test_a_failure_is_one(ending: str, code: int, tmp_path: Path) -> None:
    assert _run("cortex-m4", ending, tmp_path).returncode == code
