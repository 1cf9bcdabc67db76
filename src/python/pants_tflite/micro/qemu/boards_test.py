# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pathlib import Path

import pytest

from pants_tflite.cc.platforms import PLATFORMS, host_platform
from pants_tflite.micro.qemu.boards import BOARDS, link_flags
from pants_tflite.micro.qemu.testing_programs import (
    on_each_kind,
    on_each_processor,
    on_risc_v,
    run_program,
)
from pants_tflite.micro.target_types import CPUS

# Needs zeroed and initialized memory, a constructor, a heap, virtual functions, floating point, a
# thread's variable and an exit code.
_PROGRAM = """#include <cerrno>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct Constructed { int value; Constructed() : value(40) {} };
Constructed constructed;
struct Shape { virtual ~Shape() {} virtual int area() const = 0; };
struct Square : Shape {
  explicit Square(int side) : side(side) {}
  ~Square() override { ++gone; }
  int area() const override { return side * side; }
  int side;
  static int gone;
};
int Square::gone = 0;
volatile float two = 2.0f;
static char zeroes[1 << 16];
int main() {
  char* heap = static_cast<char*>(malloc(1 << 16));
  memset(heap, 1, 1 << 16);
  for (char zero : zeroes) if (zero != 0) return 1;
  if (errno != 0) return 2;
  Shape* shape = new Square(3);
  if (shape->area() != 9) return 4;
  delete shape;
  if (Square::gone != 1) return 5;
  if (strtol("99999999999", nullptr, 10) <= 0 || errno != ERANGE) return 3;
  printf("started\\n");
  fprintf(stderr, "value %d\\n", static_cast<int>(constructed.value * (two + 0.5f)) + heap[9]);
  ENDING
}
"""


def test_every_processor_has_a_board() -> None:
    assert (
        set(BOARDS) == set(CPUS) == {cpu for cpu in PLATFORMS if PLATFORMS[cpu].is_microcontroller}
    )


def test_the_host_is_linked_for_no_board() -> None:
    assert link_flags(host_platform()) == ()


@on_each_processor
def test_a_program_starts_prints_and_ends(cpu: str, tmp_path: Path) -> None:
    run = run_program(cpu, _PROGRAM.replace("ENDING", "return 0;"), tmp_path)
    assert (run.stdout, run.stderr, run.returncode) == ("started\n", "value 101\n", 0)


@on_each_kind
@pytest.mark.parametrize(
    ("ending", "codes"),
    [
        ("return 5;", {5}),
        # newlib's, and picolibc's: 128 and the number of SIGABRT.
        ("abort();", {1, 134}),
        ("*(volatile int*)0xFFFFFFF1 = 3; return 0;", {70}),
    ],
)
def test_a_failure_is_one(cpu: str, ending: str, codes: set[int], tmp_path: Path) -> None:
    run = run_program(cpu, _PROGRAM.replace("ENDING", ending), tmp_path)
    assert run.returncode in codes


@on_risc_v
@pytest.mark.parametrize("instruction", ["0x00052007", "0x00b6252f"])
def test_what_the_processor_lacks_ends_a_program(
    cpu: str, instruction: str, tmp_path: Path
) -> None:
    """`flw` and `amoadd.w`, which QEMU's processor has unless it is told otherwise."""
    ending = f'asm volatile(".word {instruction}"); return 0;'
    run = run_program(cpu, _PROGRAM.replace("ENDING", ending), tmp_path)
    assert run.returncode == 70
