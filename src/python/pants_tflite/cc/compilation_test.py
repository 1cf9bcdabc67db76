# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Real compilers over small sources; LLVM's tools read the results back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pants.engine.internals.scheduler import ExecutionError

from pants_tflite.cc.testutil import NativeBuilds, needs, needs_launcher, run
from pants_tflite.cc.toolchain import CXX, C

pytestmark = needs_launcher

KERNEL = """\
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "scale.h"

static float scaled(float x) { return (float)SCALE * x; }

float Register_KERNEL(float x) {
  assert(x < 10.0f);
  puts(__FILE__);
  return atanf(scaled(x));
}
"""
HEADER = {"src/ops/scale.h": "#define SCALE 2\n"}
CXX_KERNEL = """\
#include <cmath>
#include <vector>

extern "C" float Register_KERNEL(float x) {
  std::vector<float> values;
  values.push_back(std::atan(x));
  return values.at(0);
}
"""
ZIG_PLATFORMS = {
    "linux_x86_64": "elf64-x86-64",
    "linux_aarch64": "elf64-littleaarch64",
    "macos_arm64": "Mach-O arm64",
    "ios_arm64": "Mach-O arm64",
    "ios_simulator_x86_64": "Mach-O 64-bit x86-64",
    "android_arm64_v8a": "elf64-littleaarch64",
    "android_armeabi_v7a": "elf32-littlearm",
    "cortex-m4": "elf32-littlearm",
    "cortex-m55": "elf32-littlearm",
    "rv32imc": "elf32-littleriscv",
}
RISC_V = pytest.param(
    "rv32imc",
    CXX,
    marks=[
        needs("riscv64-unknown-elf-g++", "gcc-riscv64-unknown-elf"),
        needs("arm-none-eabi-g++", "libstdc++-arm-none-eabi-newlib"),
    ],
)
# Folders of a machine, and the sandbox's own.
ABSOLUTE_PATH = re.compile(rb"(?<![\w.)])/(?:tmp|root|home|Users|var|usr|opt)/[\w./-]*")
by_zig_and_gcc = pytest.mark.parametrize(
    ("platform", "language"),
    [
        ("linux_x86_64", C),
        pytest.param(
            "cortex-m4", CXX, marks=needs("arm-none-eabi-g++", "libstdc++-arm-none-eabi-newlib")
        ),
        RISC_V,
    ],
)


@pytest.mark.parametrize("platform", ZIG_PLATFORMS)
@needs("llvm-readobj", "llvm")
def test_c_for_each_kind_of_platform(builds: NativeBuilds, tmp_path: Path, platform: str) -> None:
    compiled = builds.compile(KERNEL, platform, others=HEADER)
    path = builds.write(compiled.digest, tmp_path)
    assert path.name == "kernel.c.o"
    assert f"Format: {ZIG_PLATFORMS[platform]}\n" in run("llvm-readobj", "--file-headers", path)
    symbols = run("llvm-nm", "--extern-only", "--defined-only", path)
    assert "Register_KERNEL" in symbols
    assert "scaled" not in symbols


@pytest.mark.parametrize(
    ("platform", "language"),
    [
        ("linux_x86_64", "c"),
        ("ios_arm64", "c"),
        ("linux_aarch64", CXX),
        ("ios_arm64", CXX),
        pytest.param(
            "cortex-m4", CXX, marks=needs("arm-none-eabi-g++", "libstdc++-arm-none-eabi-newlib")
        ),
        RISC_V,
    ],
)
def test_objects_repeat_and_name_no_folder(
    builds: NativeBuilds, platform: str, language: str
) -> None:
    text = KERNEL if language == "c" else f"{CXX_KERNEL}const char *where() {{ return __FILE__; }}"
    # Another file next to them makes another process, in another sandbox.
    first, second = (
        builds.compile(
            text,
            platform,
            language=language,
            source="src/ops/kernel." + {"c": "c", CXX: "cc"}[language],
            others={**HEADER, "unused": unused},
        )
        for unused in ("first", "second")
    )
    content = builds.content(first.digest)
    assert content == builds.content(second.digest)
    assert b"src/ops/kernel.c" in content
    assert not ABSOLUTE_PATH.search(content)


def test_defines_flags_and_include_folders(builds: NativeBuilds) -> None:
    text = '#include "scale.h"\nint Register_KERNEL(void) { return SCALE + OFFSET; }\n'
    builds.compile(
        text,
        "linux_x86_64",
        others={"include/scale.h": "#define SCALE 2\n"},
        include_dirs=("include",),
        defines=("OFFSET=1",),
        flags=("-Wall", "-Werror"),
    )


def test_the_compiler_is_heard_to_its_end(builds: NativeBuilds) -> None:
    broken = "int first = one;\nint second = two;\n"
    with pytest.raises(ExecutionError) as raised:
        builds.compile(broken, "linux_x86_64")
    error = str(raised.value)
    assert "src/ops:kernel: `src/ops/kernel.c` does not compile for linux_x86_64 with zig" in error
    assert "src/ops/kernel.c:1:13: error: use of undeclared identifier 'one'" in error
    assert "src/ops/kernel.c:2:14: error: use of undeclared identifier 'two'" in error
    assert "2 errors generated" in error
    assert "/pants-sandbox" not in error.split("TfLiteError: ")[1]


@by_zig_and_gcc
def test_a_missing_header(builds: NativeBuilds, platform: str, language: str) -> None:
    with pytest.raises(ExecutionError) as raised:
        builds.compile(KERNEL, platform, language=language)
    error = str(raised.value)
    assert "src/ops:kernel: `src/ops/kernel.c` includes `scale.h`, which is not there" in error
    assert "Add the target that owns `scale.h`" in error


@by_zig_and_gcc
def test_the_time_of_day_is_refused(builds: NativeBuilds, platform: str, language: str) -> None:
    with pytest.raises(ExecutionError) as raised:
        builds.compile("const char *built = __DATE__;\n", platform, language=language)
    error = str(raised.value)
    assert "date-time" in error and "`src/ops/kernel.c` does not compile" in error


@needs("arm-none-eabi-g++", "libstdc++-arm-none-eabi-newlib")
@needs("llvm-readelf", "llvm")
def test_cxx_for_a_microcontroller_and_c_beside_it(builds: NativeBuilds, tmp_path: Path) -> None:
    compiled = builds.compile(CXX_KERNEL, "cortex-m4", language=CXX, source="kernel.cc")
    assert compiled.toolchain.startswith("arm-none-eabi-gcc")
    beside = builds.compile(KERNEL, "cortex-m4", others=HEADER, linked_with=CXX)
    assert beside.toolchain == compiled.toolchain
    for item in (compiled, beside):
        attributes = run("llvm-readelf", "--arch-specific", builds.write(item.digest, tmp_path))
        assert re.search(r"CPU_arch\n\s*Description: ARM v7E-M", attributes)
        assert re.search(r"ABI_VFP_args\n\s*Description: AAPCS VFP", attributes)


@needs("riscv64-unknown-elf-g++", "gcc-riscv64-unknown-elf")
@needs("arm-none-eabi-g++", "libstdc++-arm-none-eabi-newlib")
@needs("llvm-readelf", "llvm")
def test_cxx_for_a_risc_v_and_c_beside_it(builds: NativeBuilds, tmp_path: Path) -> None:
    compiled = builds.compile(CXX_KERNEL, "rv32imc", language=CXX, source="kernel.cc")
    assert compiled.toolchain.startswith("riscv64-unknown-elf-gcc")
    beside = builds.compile(KERNEL, "rv32imc", others=HEADER, linked_with=CXX)
    assert beside.toolchain == compiled.toolchain
    by_zig = builds.compile(KERNEL, "rv32imc", others=HEADER)
    assert by_zig.toolchain.startswith("zig ")
    for item in (compiled, beside, by_zig):
        headers = run("llvm-readelf", "--file-headers", builds.write(item.digest, tmp_path))
        assert re.search(r"Class: +ELF32\n", headers)
        assert re.search(r"Machine: +RISC-V\n", headers)
        # Compressed instructions, and floats in no registers of their own.
        assert re.search(r"Flags: +0x1, RVC\b", headers)


@needs("llvm-ar", "llvm")
def test_a_static_library_keeps_objects_of_one_name(builds: NativeBuilds, tmp_path: Path) -> None:
    platform = "linux_x86_64"
    objects = [
        builds.compile(f"int {name}(void) {{ return 1; }}\n", platform, source=f"{name}/op.c")
        for name in ("first", "second")
    ]
    library = builds.archive(platform, *objects)
    path = builds.write(library.digest, tmp_path)
    assert path.name == "libkernel.a"
    # Neither owner, nor time stamp.
    assert re.findall(r"0/0 .* 1970", run("env", "TZ=UTC", "llvm-ar", "tv", path))
    assert run("llvm-ar", "t", path).split() == ["op.c.o", "op.c.o"]
    symbols = run("llvm-nm", "--print-armap", path)
    assert "first in op.c.o" in symbols and "second in op.c.o" in symbols
