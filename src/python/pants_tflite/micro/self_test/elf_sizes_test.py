# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.micro.self_test.elf_sizes import elf_sizes

_SOURCE = """int counts[100];
int table[3] = {1, 2, 3};
const char text[] = "constant";
int add(int a, int b) { return a + b + table[a] + text[b] + ++counts[a]; }
"""


@pytest.mark.parametrize("prefix", ["", "arm-none-eabi-"])
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


def test_what_is_no_elf_file() -> None:
    with pytest.raises(AssertionError, match="ELF"):
        elf_sizes(b"\xcf\xfa\xed\xfe" + bytes(60))
