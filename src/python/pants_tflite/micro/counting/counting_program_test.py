# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.cc.platforms import PLATFORMS
from pants_tflite.micro.counting.counting_program import (
    render_counting_program,
    render_interval_header,
)
from pants_tflite.micro.qemu import boards
from pants_tflite.micro.qemu.boards import (
    BOARDS,
    COUNTING_FLAGS,
    LINK_FLAGS,
    LINKER_SCRIPT,
    SECTIONS_FILE,
    STARTUP_FILE,
)

# Three instructions a turn.
_PROGRAM = """#include <cstdio>
#include "interval.h"
int main() {
  const std::uint32_t all[] = {TURNS};
  for (std::uint32_t turns : all) {
    Interval interval;
    interval.Begin();
    asm volatile(".syntax unified\\n1: subs %0, %0, #1\\nnop\\nbne 1b" : "+l"(turns) : : "cc");
    interval.End();
    std::printf("%08lx%08lx\\n", static_cast<unsigned long>(interval.ticks() >> 32),
                static_cast<unsigned long>(interval.ticks()));
  }
  return 0;
}
"""
CPUS = [cpu for cpu, board in BOARDS.items() if board.counter is not None]

needs_tools = pytest.mark.skipif(
    not (shutil.which("arm-none-eabi-g++") and shutil.which("qemu-system-arm")),
    reason="it needs the Debian packages gcc-arm-none-eabi, libstdc++-arm-none-eabi-newlib and "
    "qemu-system-arm",
)


def count(cpu: str, turns: list[int], folder: Path) -> list[int]:
    """The instructions of loops of so many turns, as QEMU counts them."""
    board, flags, gxx = BOARDS[cpu], PLATFORMS[cpu].gcc_flags, "arm-none-eabi-g++"
    assert board.counter is not None
    (folder / LINKER_SCRIPT).write_text(board.render_linker_script())
    (folder / "interval.h").write_text(render_interval_header(board.counter))
    (folder / "main.cc").write_text(_PROGRAM.replace("TURNS", ", ".join(f"{n}u" for n in turns)))
    for name in (SECTIONS_FILE, STARTUP_FILE):
        shutil.copy(Path(boards.__file__).parent / name, folder)
    for command in (
        ["arm-none-eabi-gcc", *flags, "-Os", "-c", STARTUP_FILE],
        [gxx, *flags, "-std=c++17", "-Os", "-Wall", "-Wextra", "-Werror", "-c", "main.cc"],
        [gxx, *flags, "startup.o", "main.o", *LINK_FLAGS, "-o", "main.elf"],
    ):
        subprocess.run(command, cwd=folder, check=True)
    run = subprocess.run(
        [*board.argv("qemu-system-arm", "main.elf"), *COUNTING_FLAGS],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return [board.counter.instructions(int(line, 16)) for line in run.stdout.split()]


@needs_tools
@pytest.mark.parametrize("cpu", CPUS)
def test_each_instruction_counts_once(cpu: str, tmp_path: Path) -> None:
    for turns, counted in zip((1000, 100_000), count(cpu, [1000, 100_000], tmp_path)):
        assert 3 * turns <= counted <= 3 * turns + 3


@needs_tools
def test_a_counter_that_wraps_still_tells_all(tmp_path: Path) -> None:
    turns = [50_000_000, 60_000_000, 120_000_000]
    # It wraps after 167,772,160 instructions: never, once and twice.
    assert [3 * n // 167_772_160 for n in turns] == [0, 1, 2]
    for n, counted in zip(turns, count("cortex-m4", turns, tmp_path)):
        assert 3 * n <= counted <= 3 * n + 3


def test_every_model_is_counted_once() -> None:
    source = render_counting_program("pets", ("cats", "dogs"), most_ops=0)
    assert source.count("    &cats::kGolden,\n    &dogs::kGolden,\n") == 1
    assert "kMostOps = 1;" in source
    assert "@" not in source
