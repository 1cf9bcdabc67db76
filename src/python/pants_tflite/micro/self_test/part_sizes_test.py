# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.micro.self_test.elf_sizes import elf_sizes, sections_in_memory
from pants_tflite.micro.self_test.link_map import Piece, read_link_map
from pants_tflite.micro.self_test.part_sizes import (
    C_LIBRARY,
    GLUE,
    KERNELS,
    MODELS,
    PartSize,
    add_up,
)

_MAIN = """#include <stdio.h>
extern int kernel(int);
extern const char vectors[];
extern const char model[];
static char arena[1000];
int main(void) { arena[3] = 1; printf("%d %d\\n", kernel(vectors[1] + model[2]), arena[3]); return 0; }
"""
_KERNEL = """static int calls;
int table[3] = {1, 2, 3};
static const int weights[50] = {7, 8, 9};
int kernel(int value) { ++calls; return weights[value] + table[calls]; }
int unused_kernel(int value) { return weights[value] * 5; }
"""
_MAP = """\
Discarded input sections
 .text          0x00000000        0x4 a.o

Linker script and memory map

LOAD a.o

.text           0x00000100       0x60
 *(.text .text.*)
 .text          0x00000100       0x10 a.o
                0x00000100                main
 .text.a_long_name_of_a_function
                0x00000110        0x8 dir/lib.a(b.o)
                0x00000110                a_long_name_of_a_function
 *fill*         0x00000118        0x4 00
 .rodata.str1.1
                0x0000011c        0x9 a.o
                                  0xd (size before relaxing)
 .rodata.none   0x00000125        0x0 a.o

.bss            0x00000200        0x8
 COMMON         0x00000200        0x8 a.o

.comment        0x00000000       0x12
 .comment       0x00000000       0x12 a.o
"""


def test_a_map_says_whose_each_piece_is() -> None:
    assert read_link_map(_MAP, (".text", ".bss")) == [
        Piece(".text", ".text", 0x10, "a.o"),
        Piece(".text", ".text.a_long_name_of_a_function", 8, "dir/lib.a(b.o)"),
        Piece(".text", ".rodata.str1.1", 9, "a.o"),
        Piece(".bss", "COMMON", 8, "a.o"),
    ]


_MERGED_STRINGS = """\
Linker script and memory map

.text           0x00000100       0x40
 .rodata.str1.1
                0x00000100       0x20 a.o
                                  0x6 (size before relaxing)
 .rodata.str1.1
                0x00000100       0x12 lib.a(b.o)
 .rodata.str1.1
                0x00000112        0xe lib.a(c.o)
 .rodata.str1.1
                0x00000120        0xf a.o
 .rodata.table  0x00000120       0x20 a.o
"""


def test_merged_strings_count_once() -> None:
    assert read_link_map(_MERGED_STRINGS, (".text",)) == [
        Piece(".text", ".rodata.str1.1", 0x12, "lib.a(b.o)"),
        Piece(".text", ".rodata.str1.1", 0xE, "lib.a(c.o)"),
        Piece(".text", ".rodata.table", 0x20, "a.o"),
    ]


def test_another_text_is_no_map() -> None:
    with pytest.raises(AssertionError, match="map"):
        read_link_map("arm-none-eabi-ld: warning\n", (".text",))


@pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None,
    reason="there is no arm-none-eabi-gcc (Debian: gcc-arm-none-eabi)",
)
def test_the_parts_are_all_of_a_program_but_for_what_is_left_out(tmp_path: Path) -> None:
    sources = {
        "main": _MAIN,
        "kernel": _KERNEL,
        "vectors": "const char vectors[500] = {1, 2};\n",
        "model": "const char model[300] = {1, 2};\n",
    }
    gcc = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb"]
    for name, text in sources.items():
        (tmp_path / f"{name}.c").write_text(text)
        subprocess.run(
            [*gcc, "-Os", "-ffunction-sections", "-fdata-sections", "-c", f"{name}.c"],
            cwd=tmp_path,
            check=True,
        )
    subprocess.run(["arm-none-eabi-ar", "qcsD", "libk.a", "kernel.o"], cwd=tmp_path, check=True)
    objects = ["main.o", "vectors.o", "model.o", "libk.a"]
    link = [*gcc, "--specs=nosys.specs", "-Wl,--gc-sections,--print-map", *objects, "-o", "a.elf"]
    printed = subprocess.run(link, cwd=tmp_path, check=True, capture_output=True, text=True)
    elf = (tmp_path / "a.elf").read_bytes()
    belongs = {"main.o": GLUE, "vectors.o": None, "model.o": MODELS, "libk.a": KERNELS}
    parts = add_up(elf, printed.stdout, parts=belongs, arena=1000)
    assert parts.by_name[MODELS] == PartSize(rodata=300)
    kernel = parts.by_name[KERNELS]
    assert (kernel.rodata, kernel.data, kernel.bss) == (200, 12, 4)
    # Without the function that nothing calls.
    assert 0 < kernel.text < 60
    assert parts.arena == PartSize(bss=1000)
    assert parts.by_name[C_LIBRARY].text > 100
    whole, total = elf_sizes(elf), parts.total
    assert total.text + total.rodata + 500 == whole.text
    assert (total.data, total.bss) == (whole.data, whole.bss)
    assert sum(parts.flash.values()) == total.flash == whole.flash - 500
    assert sum(parts.ram.values()) == total.ram
    assert ".comment" not in sections_in_memory(elf)
    with pytest.raises(AssertionError, match="not among the glue's variables"):
        add_up(elf, printed.stdout, parts=belongs, arena=100_000)
