# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The arguments of each toolchain; nothing is run."""

from __future__ import annotations

import pytest

from pants_tflite.cc.gcc_toolchain import gcc_toolchain
from pants_tflite.cc.ndk_toolchain import ndk_toolchain
from pants_tflite.cc.platforms import ANDROID_ABIS, PLATFORMS
from pants_tflite.cc.system_tools import SystemTools
from pants_tflite.cc.toolchain import CXX, C, Toolchain
from pants_tflite.cc.zig_toolchain import zig_toolchain

ZIG = ("python", "-m", "zig")
NDK = SystemTools(tuple(f"/ndk/bin/{p}" for p in ("clang", "clang++", "llvm-ar")), "clang 19", "1")
GCC = SystemTools(tuple(f"/usr/bin/arm-none-eabi-{p}" for p in ("gcc", "g++", "ar")), "gcc 12", "2")


def _zig(platform: str, oldest: str = "") -> Toolchain:
    return zig_toolchain(PLATFORMS[platform], oldest, ZIG, "0.17.1")


def _has(argv: tuple[str, ...], *part: str) -> bool:
    """Whether `part` is in `argv`, in one piece."""
    return any(argv[index : index + len(part)] == part for index in range(len(argv)))


def test_zig_compiles() -> None:
    argv = _zig("linux_x86_64", "2.17").compile(
        "op.cc",
        "op.o",
        language=CXX,
        include_dirs=("include",),
        defines=("A=1",),
        flags=("-O3",),
    )
    assert argv[:6] == (*ZIG, "c++", "-target", "x86_64-linux-gnu.2.17")
    assert argv[-6:] == ("-DA=1", "-O3", "-c", "op.cc", "-o", "op.o")
    assert {"-std=c++17", "-fPIC", "-g0", "-Werror=date-time", "-Iinclude"} <= set(argv)


@pytest.mark.parametrize(
    ("platform", "oldest", "target"),
    [
        ("linux_aarch64", "2.28", "aarch64-linux-gnu.2.28"),
        ("macos_arm64", "11.0", "aarch64-macos.11.0"),
        ("ios_arm64", "13.0", "aarch64-ios.13.0"),
        ("ios_simulator_arm64", "13.0", "aarch64-ios.13.0-simulator"),
        ("ios_simulator_x86_64", "13.0", "x86_64-ios.13.0-simulator"),
        ("android_arm64_v8a", "", "aarch64-linux-android"),
        ("cortex-m0plus", "", "thumb-freestanding-eabi"),
        ("cortex-m7", "", "thumb-freestanding-eabihf"),
        ("rv32imc", "", "riscv32-freestanding-none"),
    ],
)
def test_zigs_name_of_a_platform(platform: str, oldest: str, target: str) -> None:
    argv = _zig(platform, oldest).compile("op.c", "op.o", language=C)
    assert argv[:6] == (*ZIG, "cc", "-target", target)


def test_zig_borrows_headers_where_it_has_none() -> None:
    def headers(platform: str) -> list[str]:
        argv = _zig(platform).compile("op.c", "op.o", language=C)
        return [argv[i + 1] for i, word in enumerate(argv) if word == "-isystem"]

    folder = "{zig}/lib/libc/include"
    assert headers("ios_arm64") == [f"{folder}/any-darwin-any"]
    assert headers("cortex-m4") == [f"{folder}/arm-linux-musl", f"{folder}/generic-musl"]
    assert headers("android_x86") == [f"{folder}/x86-linux-musl", f"{folder}/generic-musl"]
    assert headers("linux_x86_64") == headers("macos_arm64") == []


def test_zig_names_the_floating_point_unit() -> None:
    argv = _zig("cortex-m4").compile("op.c", "op.o", language=C)
    assert {"-mcpu=cortex_m4+vfp4d16sp", "-fshort-enums", "-Os"} <= set(argv)
    assert "-fPIC" not in argv


def test_zig_archives_in_the_platforms_own_format() -> None:
    expected = (*ZIG, "ar", "--format=gnu", "qcsD", "lib.a", "a.o", "b.o")
    assert _zig("cortex-m4").archive(("a.o", "b.o"), "lib.a") == expected
    assert "--format=darwin" in _zig("ios_arm64").archive(("a.o",), "lib.a")


def test_zig_links_for_linux() -> None:
    toolchain = _zig("linux_x86_64", "2.17")
    argv = toolchain.link_shared(("a.o",), "out", language=C, name="liba.so", libraries=("b.a",))
    assert argv[:6] == (*ZIG, "cc", "-target", "x86_64-linux-gnu.2.17")
    assert _has(argv, "a.o", "b.a", "-o", "out")
    options = next(word for word in argv if word.startswith("-Wl,"))
    assert "-soname,liba.so,--version-script=__exports__.map,-z,defs" in options
    undefined = toolchain.link_shared(
        ("a.o",), "out", language=C, name="liba.so", allow_undefined=True
    )
    assert not any("-z,defs" in word for word in undefined)


def test_zig_links_for_macos() -> None:
    argv = _zig("macos_arm64", "11.0").link_shared(
        ("a.o",), "out", language=CXX, name="liba.dylib", allow_undefined=True
    )
    assert argv[3] == "c++"
    assert "-Wl,-install_name,@rpath/liba.dylib,-undefined,dynamic_lookup" in argv


def test_zig_links_for_android_by_its_linker_alone() -> None:
    toolchain = _zig("android_arm64_v8a")
    argv = toolchain.link_shared(("a.o",), "out", language=C, name="liba.so")
    assert argv[:7] == (*ZIG, "ld.lld", "-z", "max-page-size=16384", "-shared")
    assert _has(argv, "a.o", "__android__/libc.so", "__android__/libm.so", "-o", "out")
    assert _has(argv, "-z", "defs")
    assert toolchain.stands_in_for_ndk
    assert toolchain.name == "zig 0.17.1, without an NDK"
    assert not _zig("linux_x86_64").stands_in_for_ndk


def test_what_a_32_bit_processor_lacks() -> None:
    toolchain = _zig("android_armeabi_v7a")
    argv = toolchain.compile_helpers("helpers.o")
    assert argv[:4] == (*ZIG, "build-obj") and argv[-1] == "-femit-bin=helpers.o"
    assert _has(argv, "-target", "arm-linux-androideabi", "-mcpu=generic+v7a+vfp3d16+thumb2")
    assert not any("float-abi" in word for word in argv)
    linked = toolchain.link_shared(("a.o",), "out", language=C, name="liba.so", libraries=("b.a",))
    # After all else: they are for what nothing else defines.
    assert _has(linked, "__android__/libm.so", "__android__/libcompiler_rt.a", "-o", "out")
    for platform in ("android_arm64_v8a", "android_x86_64", "linux_x86_64", "cortex-m4"):
        assert not _zig(platform).helpers


def test_ndk() -> None:
    toolchain = ndk_toolchain(ANDROID_ABIS["armeabi-v7a"], 26, NDK)
    argv = toolchain.compile("op.cc", "op.o", language=CXX)
    assert argv[:2] == ("/ndk/bin/clang++", "--target=armv7a-linux-androideabi26")
    assert {"-fPIC", "-ffile-prefix-map=/ndk=ndk"} <= set(argv)
    linked = toolchain.link_shared(("a.o",), "out", language=CXX, name="liba.so")
    assert {"-static-libstdc++", "-Wl,-z,max-page-size=16384"} <= set(linked)
    assert toolchain.archive(("a.o",), "lib.a")[0] == "/ndk/bin/llvm-ar"
    assert not toolchain.stands_in_for_ndk
    assert toolchain.env["PANTS_TFLITE_COMPILER"] == "1"


@pytest.mark.parametrize(
    ("platform", "flags"),
    [
        ("cortex-m0plus", ("-mcpu=cortex-m0plus", "-mfloat-abi=soft")),
        ("cortex-m3", ("-mcpu=cortex-m3", "-mfloat-abi=soft")),
        ("cortex-m4", ("-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")),
        ("cortex-m55", ("-mcpu=cortex-m55", "-mfloat-abi=hard", "-mfpu=auto")),
    ],
)
def test_arm_gcc(platform: str, flags: tuple[str, ...]) -> None:
    toolchain = gcc_toolchain(PLATFORMS[platform], GCC)
    argv = toolchain.compile("op.cc", "op.o", language=CXX)
    assert argv[0] == "/usr/bin/arm-none-eabi-g++"
    assert _has(argv, "-mthumb", *flags)
    program = toolchain.link_executable(
        ("a.o",), "out", language=CXX, libraries=("b.a",), flags=("-Tm.ld",)
    )
    assert _has(program, "a.o", "b.a", "-Tm.ld", "-o", "out")
    assert _has(program, *flags)


def test_riscv_gcc_borrows_headers_of_cxx() -> None:
    toolchain = gcc_toolchain(PLATFORMS["rv32imc"], GCC, cxx_headers=("/arm/c++/12", "/arm/c++/b"))
    argv = toolchain.compile("op.cc", "op.o", language=CXX)
    assert _has(argv, "-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs")
    assert _has(argv, "-isystem", "/arm/c++/12", "-isystem", "/arm/c++/b")
    assert {"-ffile-prefix-map=/usr=gcc", "-ffile-prefix-map=/arm/c++/12=c++"} <= set(argv)
    assert "-isystem" not in toolchain.compile("op.c", "op.o", language=C)


def test_platforms_are_named_as_androids_abis() -> None:
    assert sorted(ANDROID_ABIS) == ["arm64-v8a", "armeabi-v7a", "x86", "x86_64"]
    assert ANDROID_ABIS["arm64-v8a"] is PLATFORMS["android_arm64_v8a"]
    assert all(platform.name == name for name, platform in PLATFORMS.items())
