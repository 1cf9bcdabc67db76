# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.micro.self_test.elf_sizes import elf_sizes, sections_in_memory

_SOURCE = """int counts[100];
int table[3] = {1, 2, 3};
const char text[] = "constant";
int add(int a, int b) { return a + b + table[a] + text[b] + ++counts[a]; }
"""


@pytest.mark.parametrize("prefix", ["", "arm-none-eabi-", "riscv64-unknown-elf-"])
def test_sizes_are_those_that_binutils_counts(prefix: str, tmp_path: Path) -> None:
    if not shutil.which(f"{prefix}gcc") or not shutil.which(f"{prefix}size"):
        pytest.skip(f"{prefix}gcc and {prefix}size are not installed")
    (tmp_path / "a.c").write_text(_SOURCE)
    subprocess.run([f"{prefix}gcc", "-Os", "-c", "a.c"], cwd=tmp_path, check=True)
    size = subprocess.run(
        [f"{prefix}size", "a.o"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    text, data, bss = (int(field) for field in size.stdout.splitlines()[1].split()[:3])
    sizes = elf_sizes((tmp_path / "a.o").read_bytes())
    assert (sizes.text, sizes.data, sizes.bss) == (text, data, bss)
    assert (data, bss) == (12, 400)
    assert sizes.flash == text + data


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc (Debian: gcc)")
def test_a_threads_variables_take_memory_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text(
        "__thread int own[50];\n__thread int first = 1;\nint shared[3];\n"
    )
    subprocess.run(["gcc", "-Os", "-c", "a.c"], cwd=tmp_path, check=True)
    elf = (tmp_path / "a.o").read_bytes()
    assert (elf_sizes(elf).data, elf_sizes(elf).bss) == (4, 12)
    assert ".tdata" in sections_in_memory(elf) and ".tbss" not in sections_in_memory(elf)


def test_what_is_no_elf_file() -> None:
    with pytest.raises(AssertionError, match="ELF"):
        elf_sizes(b"\xcf\xfa\xed\xfe" + bytes(60))
