# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which toolchain is chosen, and the error if none fits. No compiler is run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pants.engine.internals.scheduler import ExecutionError

from pants_tflite.cc.platforms import PLATFORMS
from pants_tflite.cc.testutil import ADDRESS, NativeBuilds
from pants_tflite.cc.toolchain import CXX, C, Toolchain
from pants_tflite.cc.toolchain_selection import ToolchainRequest


@pytest.fixture(scope="module")
def builds() -> NativeBuilds:
    """A runner of its own, since it changes the options."""
    return NativeBuilds()


@pytest.fixture
def ndk(tmp_path: Path) -> Path:
    """A folder laid out as an NDK, whose programs only tell their version."""
    for host in ("linux-x86_64", "darwin-x86_64"):
        folder = tmp_path / "toolchains/llvm/prebuilt" / host / "bin"
        folder.mkdir(parents=True)
        for program in ("clang", "clang++", "llvm-ar"):
            path = folder / program
            path.write_text("#!/bin/sh\necho Android clang version 19.0.1\necho Target\n")
            path.chmod(0o755)
    return tmp_path


def _toolchain(builds: NativeBuilds, platform: str, language: str) -> Toolchain:
    toolchain: Toolchain = builds.request(ToolchainRequest(ADDRESS, PLATFORMS[platform], language))
    return toolchain


def _error(builds: NativeBuilds, platform: str, language: str) -> str:
    with pytest.raises(ExecutionError) as raised:
        _toolchain(builds, platform, language)
    return str(raised.value)


@pytest.mark.parametrize("by_option", [True, False])
def test_an_ndk_that_is_named(builds: NativeBuilds, ndk: Path, by_option: bool) -> None:
    if by_option:
        builds.set_options(f"--android-ndk-path={ndk}", "--android-ndk-api-level=26")
    else:
        builds.set_options("--android-ndk-api-level=26", env={"ANDROID_NDK_HOME": str(ndk)})
    for language, driver in ((C, "clang"), (CXX, "clang++")):
        toolchain = _toolchain(builds, "android_arm64_v8a", language)
        path, target = toolchain.drivers[language]
        assert path.startswith(str(ndk)) and path.endswith(f"/bin/{driver}")
        assert target == "--target=aarch64-linux-android26"
        assert toolchain.name == "Android clang version 19.0.1"
    platform = replace(PLATFORMS["android_x86"], oldest="24")
    toolchain = builds.request(ToolchainRequest(ADDRESS, platform, C))
    assert toolchain.drivers[C][1] == "--target=i686-linux-android24"


@pytest.mark.parametrize(
    ("option", "env", "named"),
    [
        ("--android-ndk-path=/nowhere", {}, "the option `[android-ndk].path` = '/nowhere'"),
        (
            "--android-ndk-api-level=21",
            {"ANDROID_NDK_HOME": "/none"},
            "`ANDROID_NDK_HOME` = '/none'",
        ),
    ],
)
def test_an_ndk_that_is_not_there(
    builds: NativeBuilds, option: str, env: dict[str, str], named: str
) -> None:
    builds.set_options(option, env=env)
    # Even for C: a user who names one wants it.
    error = _error(builds, "android_arm64_v8a", C)
    assert f"{named}: no Android NDK that runs on this machine is there" in error


def test_cxx_for_android_without_an_ndk(builds: NativeBuilds) -> None:
    builds.set_options(env={"ANDROID_NDK_HOME": ""})
    error = _error(builds, "android_x86_64", CXX)
    assert "src/ops:kernel: C++ for android_x86_64 needs an Android NDK, and none is named" in error
    assert "Set `[android-ndk].path` or `ANDROID_NDK_HOME`" in error


def test_cxx_for_a_microcontroller_without_its_compiler(builds: NativeBuilds) -> None:
    builds.set_options("--arm-gcc-executable-search-paths=['/nowhere']")
    error = _error(builds, "cortex-m4", CXX)
    assert (
        "src/ops:kernel: C++ for cortex-m4 needs `arm-none-eabi-g++`, and none was found" in error
    )


_GCC = """\
#!/bin/sh
case "$*" in --version) echo a compiler; exit 0 ;; esac
echo '#include <...> search starts here:' >&2
{headers}
echo 'End of search list.' >&2
exit {code}
"""
_HEADERS = "echo ' /usr/lib/gcc/../arm/include/c++/12' >&2"


def _gcc(folder: Path, prefix: str, *, headers: str = "true", code: int = 0) -> str:
    """An option that has Pants find programs that only tell where their headers are."""
    folder.mkdir(exist_ok=True)
    for program in ("gcc", "g++", "ar"):
        path = folder / f"{prefix}{program}"
        path.write_text(_GCC.format(headers=headers, code=code))
        path.chmod(0o755)
    return f"-executable-search-paths=['{folder}']"


def _without_cxx(folder: Path, *, code: int = 0) -> str:
    return f"--riscv-gcc{_gcc(folder, 'riscv64-unknown-elf-', code=code)}"


def test_cxx_for_a_risc_v_takes_headers_of_the_compiler_for_arm(
    builds: NativeBuilds, tmp_path: Path
) -> None:
    arm = f"--arm-gcc{_gcc(tmp_path / 'arm', 'arm-none-eabi-', headers=_HEADERS)}"
    builds.set_options(_without_cxx(tmp_path / "riscv"), arm)
    toolchain = _toolchain(builds, "rv32imc", CXX)
    assert toolchain.drivers[CXX][-2:] == ("-isystem", "/usr/lib/arm/include/c++/12")
    assert toolchain.drivers[C][-1] == "--specs=picolibc.specs"


def test_cxx_for_a_risc_v_takes_its_own_headers_first(builds: NativeBuilds, tmp_path: Path) -> None:
    own = _gcc(tmp_path, "riscv64-unknown-elf-", headers=_HEADERS)
    builds.set_options(f"--riscv-gcc{own}", "--arm-gcc-executable-search-paths=['/nowhere']")
    assert "-isystem" not in _toolchain(builds, "rv32imc", CXX).drivers[CXX]


def test_cxx_for_a_risc_v_without_a_compiler(builds: NativeBuilds) -> None:
    builds.set_options("--riscv-gcc-executable-search-paths=['/nowhere']")
    error = _error(builds, "rv32imc", CXX)
    assert (
        "src/ops:kernel: C++ for rv32imc needs `riscv64-unknown-elf-g++`, and none was found"
        in error
    )
    assert "`gcc-riscv64-unknown-elf`" in error and "`[riscv-gcc].executable_search_paths`" in error


def test_cxx_for_a_risc_v_without_a_c_library(builds: NativeBuilds, tmp_path: Path) -> None:
    builds.set_options(_without_cxx(tmp_path, code=1))
    error = _error(builds, "rv32imc", CXX)
    assert "src/ops:kernel: `riscv64-unknown-elf-g++` has no C library for rv32imc" in error
    assert "Debian has `picolibc-riscv64-unknown-elf`" in error


def test_cxx_for_a_risc_v_without_headers(builds: NativeBuilds, tmp_path: Path) -> None:
    riscv = _without_cxx(tmp_path)
    builds.set_options(riscv, "--arm-gcc-executable-search-paths=['/nowhere']")
    error = _error(builds, "rv32imc", CXX)
    assert "`riscv64-unknown-elf-g++` has no headers of C++" in error
    assert "Install `libstdc++-arm-none-eabi-newlib`" in error


def test_a_linux_platform_without_a_glibc(builds: NativeBuilds) -> None:
    builds.set_options('--zig-glibc={"linux_x86_64": "2.28"}')
    error = _error(builds, "linux_aarch64", C)
    assert "`[zig].glibc` = {'linux_x86_64': '2.28'} says nothing of `linux_aarch64`" in error
