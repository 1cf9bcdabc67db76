# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Libraries and programs that are read back with LLVM's tools, loaded, and run."""

from __future__ import annotations

import ctypes
import math
import platform as host
from pathlib import Path

import pytest
from pants.engine.internals.scheduler import ExecutionError

from pants_tflite.cc.android_stubs import DeviceLibrary
from pants_tflite.cc.linking import LinkExecutableRequest, link_mistake, render_version_script
from pants_tflite.cc.platforms import PLATFORMS, host_platform
from pants_tflite.cc.testutil import ADDRESS, NativeBuilds, needs, needs_launcher, run
from pants_tflite.cc.toolchain import C
from pants_tflite.cc.zig_toolchain import zig_toolchain

KERNEL = """\
#include <math.h>

float helper(float x) { return 2.0f * x; }

float Register_KERNEL(float x) { return atanf(helper(x)); }
"""
MAIN = """\
#include <stdio.h>

float Register_KERNEL(float x);

int main(void) {
  printf("%.6f\\n", Register_KERNEL(1.5f));
  return 0;
}
"""
EXPORTS = ("Register_KERNEL",)


def test_version_script() -> None:
    script = render_version_script(("b", "a"))
    assert script == "{\n  global:\n    a;\n    b;\n  local:\n    *;\n};\n"
    assert render_version_script(()) == "{\n  local:\n    *;\n};\n"


@needs_launcher
def test_the_library_for_this_machine_is_loaded_and_called(
    builds: NativeBuilds, tmp_path: Path
) -> None:
    name = host_platform().name
    library = builds.link(name, builds.compile(KERNEL, name), exports=EXPORTS)
    loaded = ctypes.CDLL(str(builds.write(library.digest, tmp_path)))
    function = loaded.Register_KERNEL
    function.argtypes, function.restype = (ctypes.c_float,), ctypes.c_float
    assert function(1.5) == pytest.approx(math.atan(3.0), rel=1e-6)


@needs_launcher
@needs("llvm-readelf", "llvm")
@pytest.mark.parametrize(
    ("platform", "machine", "libraries", "page", "version"),
    [
        ("linux_aarch64", "AArch64", ["libm.so.6"], 0x10000, "@GLIBC_2.17"),
        ("android_arm64_v8a", "AArch64", ["libm.so"], 0x4000, ""),
        ("android_armeabi_v7a", "ARM", ["libm.so"], 0x4000, ""),
        ("android_x86", "Intel 80386", ["libm.so"], 0x4000, ""),
        ("android_x86_64", "Advanced Micro Devices X86-64", ["libm.so"], 0x4000, ""),
    ],
)
def test_shared_library(
    builds: NativeBuilds,
    tmp_path: Path,
    platform: str,
    machine: str,
    libraries: list[str],
    page: int,
    version: str,
) -> None:
    library = builds.link(platform, builds.compile(KERNEL, platform), exports=EXPORTS)
    path = builds.write(library.digest, tmp_path)
    assert path.name == "libkernel.so"
    assert f"Machine:                           {machine}\n" in run("llvm-readelf", "-h", path)
    dynamic = run("llvm-readelf", "--dynamic", path)
    assert "Library soname: [libkernel.so]" in dynamic
    for name in libraries:
        assert f"Shared library: [{name}]" in dynamic
    segments = run("llvm-readelf", "--program-headers", path).splitlines()
    loaded = [int(line.split()[-1], 16) for line in segments if line.split()[:1] == ["LOAD"]]
    assert loaded and set(loaded) == {page} == {library.image.page_alignment}
    symbols = run("llvm-readelf", "--dyn-syms", path)
    assert " UND atanf" + version in symbols
    # The only requested name, and no other of this library's own.
    assert [line.split()[-1] for line in symbols.splitlines() if "DEFAULT" in line][-1:] == [
        "Register_KERNEL"
    ]
    assert "helper" not in symbols
    assert library.image.exports == EXPORTS
    assert ("without an NDK" in library.toolchain) == platform.startswith("android")


@needs_launcher
@needs("qemu-aarch64", "qemu-user")
@pytest.mark.skipif(
    not Path("/usr/aarch64-linux-gnu/lib").exists(), reason="there is no libc6-arm64-cross"
)
def test_a_program_for_another_processor_runs(builds: NativeBuilds, tmp_path: Path) -> None:
    platform = "linux_aarch64"
    kernel = builds.archive(platform, builds.compile(KERNEL, platform))
    program = builds.request(
        LinkExecutableRequest(
            ADDRESS,
            PLATFORMS[platform],
            C,
            "main",
            (builds.compile(MAIN, platform, source="src/ops/main.c"),),
            libraries=(kernel,),
            flags=("-lm",),
        )
    )
    path = builds.write(program.digest, tmp_path)
    assert run("qemu-aarch64", "-L", "/usr/aarch64-linux-gnu", path) == "1.249046\n"


@needs_launcher
def test_libraries_repeat(builds: NativeBuilds) -> None:
    for platform in ("linux_x86_64", "android_arm64_v8a"):
        # Allowing something to be missing makes another process, and here the same library.
        compiled = builds.compile(KERNEL, platform)
        first, second = (
            builds.link(platform, compiled, exports=EXPORTS, imports=imports)
            for imports in ((), ("nothing",))
        )
        assert builds.content(first.digest) == builds.content(second.digest)


@needs_launcher
@pytest.mark.parametrize("platform", ["linux_x86_64", "android_arm64_v8a"])
def test_a_missing_registration(builds: NativeBuilds, platform: str) -> None:
    compiled = builds.compile(KERNEL, platform)
    with pytest.raises(ExecutionError) as raised:
        builds.link(platform, compiled, exports=("Register_OTHER", "helper"))
    expected = f"`libkernel.so` for {platform} was built, and does not have `Register_OTHER`"
    assert f"src/ops:kernel: {expected}" in str(raised.value)


@needs_launcher
@needs("llvm-readelf", "llvm")
def test_what_32_bit_processors_lack_is_inside(builds: NativeBuilds, tmp_path: Path) -> None:
    text = """\
#include <stdint.h>
double Register_KERNEL(uint64_t x, uint64_t y) { return (double)(x / y); }
"""
    for platform in ("android_armeabi_v7a", "android_x86"):
        library = builds.link(platform, builds.compile(text, platform), exports=EXPORTS)
        symbols = run("llvm-readelf", "--dyn-syms", builds.write(library.digest, tmp_path))
        assert " UND " in symbols and "div" not in symbols
        assert library.image.exports == EXPORTS and not library.image.imports
        assert len(builds.content(library.digest)) < 20_000


@needs_launcher
def test_a_library_on_the_device(builds: NativeBuilds) -> None:
    runtime = DeviceLibrary("libruntime.so", ("elsewhere", "unused"))
    for platform in ("linux_x86_64", "android_arm64_v8a"):
        compiled = builds.compile(CALLER, platform)
        library = builds.link(platform, compiled, exports=EXPORTS, device_libraries=(runtime,))
        assert "libruntime.so" in library.image.libraries
        (imported,) = library.image.imports
        assert imported.name == "elsewhere" and not imported.weak
        # The rest must still be there.
        other = DeviceLibrary("libruntime.so", ("unused",))
        with pytest.raises(ExecutionError) as raised:
            builds.link(platform, compiled, exports=EXPORTS, device_libraries=(other,))
        assert f"for {platform} needs `elsewhere`, which nothing defines" in str(raised.value)


@needs_launcher
def test_what_is_called_inside_and_is_not_there(builds: NativeBuilds) -> None:
    compiled = builds.compile(CALLER, "android_arm64_v8a")
    with pytest.raises(ExecutionError) as raised:
        builds.link("android_arm64_v8a", compiled, exports=EXPORTS, defined=("elsewhere",))
    assert "for android_arm64_v8a was built, and does not have `elsewhere`" in str(raised.value)


CALLER = "void elsewhere(void);\nvoid Register_KERNEL(void) { elsewhere(); }\n"


def test_what_linkers_call_undefined() -> None:
    toolchain = zig_toolchain(PLATFORMS["linux_x86_64"], "2.17", ("zig",), "0.17.1")
    said = """\
ld.lld: error: undefined symbol: ops::scale(int, float)
>>> referenced by kernel.cc
/usr/bin/ld: kernel.c:(.text+0x4): undefined reference to `elsewhere'
"""
    mistake = link_mistake("libkernel.so", toolchain, said)
    assert mistake.message == (
        "`libkernel.so` for linux_x86_64 needs `elsewhere`, `ops::scale(int, float)`, which nothing "
        "defines"
    )
    assert mistake.detail == said
    assert "does not link" in link_mistake("libkernel.so", toolchain, "no space left").message


@needs_launcher
def test_what_nothing_defines(builds: NativeBuilds) -> None:
    compiled = builds.compile(CALLER, "linux_x86_64")
    expected = "`libkernel.so` for linux_x86_64 needs `elsewhere`, which nothing defines"
    with pytest.raises(ExecutionError) as raised:
        builds.link("linux_x86_64", compiled, exports=EXPORTS)
    assert f"src/ops:kernel: {expected}" in str(raised.value)
    # It must not pass only because something else may be missing.
    with pytest.raises(ExecutionError) as raised:
        builds.link("linux_x86_64", compiled, exports=EXPORTS, imports=("another",))
    assert f"src/ops:kernel: {expected}" in str(raised.value)
    library = builds.link("linux_x86_64", compiled, exports=EXPORTS, imports=("elsewhere",))
    assert "elsewhere" in {symbol.name for symbol in library.image.imports}


@needs_launcher
def test_what_differs_between_androids_is_refused_without_an_ndk(builds: NativeBuilds) -> None:
    text = "#include <stdio.h>\nvoid Register_KERNEL(void) { fputc(1, stderr); }\n"
    compiled = builds.compile(text, "android_arm64_v8a")
    with pytest.raises(ExecutionError) as raised:
        builds.link("android_arm64_v8a", compiled, exports=EXPORTS)
    error = str(raised.value)
    assert "for android_arm64_v8a needs `fputc`, `stderr`, which nothing defines" in error
    assert "Set `[android-ndk].path` or `ANDROID_NDK_HOME`" in error


def test_host_platform() -> None:
    assert host_platform().name.endswith(host.machine())
