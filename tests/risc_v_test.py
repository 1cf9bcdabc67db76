# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A micro library compiled for a RISC-V, run and counted in QEMU."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from tests.tflm_source_tree import KERNELS, TREE, add_tree
from tests.workspace import Workspace

HERE = Path(__file__).parent
BUILD = """\
tflite_file(name="sine", source="sine_int8.tflite")
tflite_board(name="board", flash="1MiB", ram="128KiB", cpu="rv32imc")
tflite_micro_library(
    name="mcu", models=[":sine"], library="risc_v", cpu="rv32imc", tflm="//tree", boards=[":board"]
)
"""
FILES = {"m/BUILD": BUILD, "m/sine_int8.tflite": (HERE / "sine_int8.tflite").read_bytes()}
MANIFEST = "m/mcu/manifest.json"
PROGRAMS = ("riscv64-unknown-elf-g++", "arm-none-eabi-g++", "qemu-system-riscv32")

needs_all = pytest.mark.skipif(
    TREE is None or not all(shutil.which(program) for program in PROGRAMS),
    reason="it needs a TFLite Micro tree that PANTS_TFLITE_TFLM_TREE names, and the Debian packages "
    "gcc-riscv64-unknown-elf, picolibc-riscv64-unknown-elf, libstdc++-arm-none-eabi-newlib and "
    "qemu-system-misc",
)


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    add_tree(workspace)
    return workspace


def readelf(option: str, path: Path) -> str:
    argv = ["riscv64-unknown-elf-readelf", option, str(path)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


@needs_all
def test_package_has_binaries_for_the_processor_and_says_what_they_cost(
    workspace: Workspace,
) -> None:
    run = workspace.succeed("package", "m:mcu")
    program = workspace.folder / "dist/m/mcu/lib/rv32imc/risc_v_self_test.elf"
    headers = readelf("--file-header", program)
    assert re.search(r"Machine: +RISC-V\n", headers)
    assert re.search(r"Flags: +0x1, RVC, soft-float ABI\n", headers)
    # Neither atomic instructions nor any for floats.
    assert re.search(
        r'Tag_RISCV_arch: "rv32i[^_]*_m[^_]*_c[^_]*(_zmmul\w*)?"', readelf("-A", program)
    )
    library = workspace.folder / "dist/m/mcu/lib/rv32imc/librisc_v.a"
    for content in (library.read_bytes(), program.read_bytes()):
        assert str(workspace.folder).encode() not in content
    manifest = workspace.json(MANIFEST)
    assert manifest["platforms"] == ["rv32imc"]
    assert manifest["tools"]["compiler"].startswith("riscv64-unknown-elf-g")
    assert manifest["tools"]["qemu"].startswith("QEMU emulator version ")
    (sine,) = manifest["models"]
    counted = sine["instructions"]
    assert (counted["cpu"], counted["kernels"], counted["calls"]) == ("rv32imc", KERNELS, 4)
    assert [op["op"] for op in counted["ops"]] == ["FULLY_CONNECTED"] * 3
    ops = sum(op["instructions"] for op in counted["ops"])
    assert 0.7 * counted["invoke"] < ops < 1.1 * counted["invoke"]
    assert counted["allocate_tensors"] > counted["invoke"] > 1000
    assert f"sine: {counted['invoke']:,} instructions for a call at most (4 counted)" in run.stderr
    parts = manifest["memory"]["parts"]
    assert parts["models"] == {"text": 0, "rodata": 3288, "data": 0, "bss": 0}
    assert parts["arena"]["bss"] == sine["arena"]["bytes"]
    assert (
        min(parts["kernels"]["text"], parts["runtime"]["text"], parts["c_library"]["text"]) > 1000
    )


@needs_all
def test_the_self_test_passes_on_the_host_and_in_qemu(workspace: Workspace) -> None:
    run = workspace.succeed("test", "--output=all", "m:mcu")
    assert "rv32imc in QEMU (virt)" in run.stderr
    assert run.stderr.count("risc_v: PASS, 0 of the outputs failed") == 2
    values = re.findall(r"^ *got (.*)$", run.stderr, re.MULTILINE)
    assert len(values) == 8
    assert values[:4] == values[4:]
    workspace.succeed("package", "m:mcu")
    (sine,) = workspace.json(MANIFEST)["models"]
    used = re.findall(r"^ *arena: (\d+) of \d+ bytes", run.stderr, re.MULTILINE)
    assert len(used) == 2
    assert all(int(size) <= sine["arena"]["smallest"] for size in used)
    assert f"instructions on rv32imc with {KERNELS} kernels:" in run.stderr


@needs_all
def test_a_count_repeats_in_another_directory(
    workspace: Workspace, new_workspace: Callable[..., Workspace]
) -> None:
    workspace.succeed("package", "m:mcu")
    before = (workspace.folder / "dist" / MANIFEST).read_bytes()
    other = new_workspace(FILES)
    add_tree(other)
    # A part of the process, so that it runs again.
    seconds = f"--tflite-micro-self-test-timeout-seconds={random.randint(1000, 10**6)}"
    run = other.succeed(seconds, "package", "m:mcu")
    assert [step for step in run.steps if step.startswith("Count the instructions of m:mcu")]
    assert (other.folder / "dist" / MANIFEST).read_bytes() == before


@needs_all
def test_a_limit_names_the_op_that_costs_most(workspace: Workspace) -> None:
    limited = BUILD.replace('library="risc_v"', 'library="risc_v", max_instructions="1K"')
    workspace.write({"m/BUILD": limited})
    error = workspace.fail("package", "m:mcu")
    workspace.write({"m/BUILD": BUILD})
    assert "m:mcu, field `max_instructions` = '1K': a call of sine takes" in error
    assert "are those of FULLY_CONNECTED, op " in error


@needs_all
def test_where_the_emulator_is_not_installed_the_rest_is_built(workspace: Workspace) -> None:
    nowhere = "--tflite-micro-self-test-executable-search-paths=['/nowhere']"
    run = workspace.succeed(nowhere, "test", "--output=all", "m:mcu")
    missing = "`qemu-system-riscv32` was not found (Debian: `qemu-system-misc`)"
    assert f"rv32imc: compiled, not run: {missing}." in run.stderr
    assert f"Instructions were not counted: {missing}." in run.stderr


@needs_all
def test_without_a_compiler_the_error_names_what_to_install(workspace: Workspace) -> None:
    error = workspace.fail("--riscv-gcc-executable-search-paths=['/nowhere']", "package", "m:mcu")
    assert "m:mcu: C++ for rv32imc needs `riscv64-unknown-elf-g++`, and none was found" in error
    assert "`picolibc-riscv64-unknown-elf`" in error
