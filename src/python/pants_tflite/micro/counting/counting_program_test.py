# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pathlib import Path

from pants_tflite.micro.counting.counting_program import (
    render_counting_program,
    render_interval_header,
)
from pants_tflite.micro.qemu.boards import BOARDS
from pants_tflite.micro.qemu.testing_programs import (
    on_cortex_m,
    on_each_processor,
    on_risc_v,
    run_program,
)

_PROGRAM = """#include <cstdio>
#include "interval.h"
int main() {
  const std::uint32_t all[] = {TURNS};
  for (std::uint32_t turns : all) {
    Interval interval;
    interval.Begin();
    RunLoop(turns);
    interval.End();
    std::printf("%08lx%08lx\\n", static_cast<unsigned long>(interval.ticks() >> 32),
                static_cast<unsigned long>(interval.ticks()));
  }
  return 0;
}
"""
# Reading the counter and its like, outside of the loop.
_MOST_BESIDES = 5


def count(cpu: str, turns: list[int], folder: Path) -> list[int]:
    """The instructions of loops of so many turns, as QEMU counts them."""
    counter = BOARDS[cpu].counter
    (folder / "interval.h").write_text(render_interval_header(counter))
    source = _PROGRAM.replace("TURNS", ", ".join(f"{n}u" for n in turns))
    run = run_program(cpu, source, folder, *counter.qemu_flags)
    run.check_returncode()
    return [counter.instructions(int(line, 16)) for line in run.stdout.split()]


@on_each_processor
def test_each_instruction_counts_once(cpu: str, tmp_path: Path) -> None:
    for turns, counted in zip((1000, 100_000), count(cpu, [1000, 100_000], tmp_path)):
        assert 3 * turns <= counted <= 3 * turns + _MOST_BESIDES


@on_cortex_m
def test_a_counter_that_wraps_still_tells_all(cpu: str, tmp_path: Path) -> None:
    turns = [50_000_000, 60_000_000, 120_000_000]
    # It wraps after 167,772,160 instructions: never, once and twice.
    assert [3 * n // 167_772_160 for n in turns] == [0, 1, 2]
    for n, counted in zip(turns, count(cpu, turns, tmp_path)):
        assert 3 * n <= counted <= 3 * n + _MOST_BESIDES


@on_risc_v
def test_a_count_is_the_same_each_time(cpu: str, tmp_path: Path) -> None:
    turns = [1000, 70_000_000]
    counts = [count(cpu, turns, tmp_path) for _ in range(3)]
    assert counts[1:] == counts[:-1]


def test_every_model_is_counted_once() -> None:
    source = render_counting_program("pets", ("cats", "dogs"), most_ops=0)
    assert source.count("    &cats::kGolden,\n    &dogs::kGolden,\n") == 1
    assert "kMostOps = 1;" in source
    assert "@" not in source
