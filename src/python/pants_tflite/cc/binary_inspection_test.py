# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The inspection of real binaries, and universal files of them, read back with LLVM's tools."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pants.engine.fs import CreateDigest, Digest, FileContent
from pants.engine.internals.scheduler import ExecutionError

from pants_tflite.cc.binary_inspection import BinaryInspection, InspectBinaryRequest
from pants_tflite.cc.compilation import StaticLibrary
from pants_tflite.cc.testutil import ADDRESS, NativeBuilds, needs_launcher, run
from pants_tflite.cc.toolchain import CXX
from pants_tflite.cc.universal_binary import JoinSlicesRequest, UniversalBinary
from pants_tflite.sandbox.binaries.inspect_binary_protocol import BinaryImage, ImportedSymbol

pytestmark = needs_launcher

KERNEL = """\
#include <math.h>

static float helper(float x) { return 2.0f * x; }

__attribute__((visibility("hidden"))) float within(float x) { return helper(x); }

float Register_KERNEL(float x) { return atanf(within(x)); }
"""
# Debian names it by its version only.
LIPO = next(filter(None, map(shutil.which, ("llvm-lipo", "llvm-lipo-14"))), None)


def _inspect(builds: NativeBuilds, digest: Digest, path: str, **fields: str) -> BinaryInspection:
    inspection: BinaryInspection = builds.request(
        InspectBinaryRequest(ADDRESS, digest, path, **fields)
    )
    return inspection


def _library(builds: NativeBuilds, platform: str) -> StaticLibrary:
    return builds.archive(platform, builds.compile(KERNEL, platform))


def test_object_of_elf(builds: NativeBuilds) -> None:
    compiled = builds.compile(KERNEL, "linux_aarch64")
    assert _inspect(builds, compiled.digest, compiled.path).images == (
        BinaryImage(
            format="elf",
            kind="object",
            architecture="aarch64",
            exports=("Register_KERNEL",),
            imports=(ImportedSymbol("atanf", None, False),),
            hidden=("within",),
            weak=(),
            member=None,
            name=None,
            libraries=(),
            page_alignment=None,
            system=None,
            system_version=None,
        ),
    )


def test_shared_library_of_mach_o(builds: NativeBuilds) -> None:
    platform = "macos_arm64"
    library = builds.link(platform, builds.compile(KERNEL, platform), exports=("Register_KERNEL",))
    image = library.image
    assert (image.format, image.kind, image.architecture) == ("mach-o", "shared_library", "aarch64")
    assert (image.system, image.system_version) == ("macos", "11.0")
    assert image.name == "@rpath/libkernel.dylib"
    assert image.libraries == ("/usr/lib/libSystem.B.dylib",)
    assert "Register_KERNEL" in image.exports and "within" not in image.exports
    assert "atanf" in {symbol.name for symbol in image.imports}


@pytest.mark.parametrize(
    ("platform", "system", "version", "architecture"),
    [
        ("ios_arm64", "ios", "13.0", "aarch64"),
        ("ios_simulator_arm64", "ios_simulator", "14.0", "aarch64"),
        ("ios_simulator_x86_64", "ios_simulator", "13.0", "x86_64"),
        ("cortex-m4", None, None, "arm"),
        ("rv32imc", None, None, "riscv"),
    ],
)
def test_static_library(
    builds: NativeBuilds,
    platform: str,
    system: str | None,
    version: str | None,
    architecture: str,
) -> None:
    library = _library(builds, platform)
    inspection = _inspect(builds, library.digest, library.path)
    (image,) = inspection.images
    assert (image.member, image.kind) == ("kernel.c.o", "object")
    assert (image.system, image.system_version) == (system, version)
    assert image.architecture == architecture
    assert inspection.exports == {"Register_KERNEL"}
    assert inspection.hidden == {"within"}
    assert "atanf" in inspection.imports


def test_what_another_member_hides_is_not_needed_from_elsewhere(builds: NativeBuilds) -> None:
    user = "float within(float x);\nfloat Use(float x) { return within(x); }\n"
    for platform in ("ios_arm64", "linux_x86_64"):
        compiled = [builds.compile(KERNEL, platform), builds.compile(user, platform, source="u.c")]
        library = builds.archive(platform, *compiled)
        inspection = _inspect(builds, library.digest, library.path)
        assert inspection.exports == {"Register_KERNEL", "Use"}
        assert "within" not in inspection.imports
        assert inspection.clashes == ()


@pytest.mark.parametrize("platform", ["ios_arm64", "linux_x86_64"])
def test_what_two_members_define(builds: NativeBuilds, platform: str) -> None:
    inline = "struct S { int f() { return 1; } };\n"
    compiled = [
        builds.compile(
            f"{inline}int both() {{ return 1; }}\nauto {name} = &S::f;\n",
            platform,
            language=CXX,
            source=f"{name}.cc",
        )
        for name in ("a", "b")
    ]
    library = builds.archive(platform, *compiled)
    inspection = _inspect(builds, library.digest, library.path)
    assert {symbol for image in inspection.images for symbol in image.weak} == {"_ZN1S1fEv"}
    assert inspection.clashes == ("_Z4bothv",)


@pytest.mark.skipif(LIPO is None, reason="there is no llvm-lipo (Debian's llvm)")
def test_universal_file(builds: NativeBuilds, tmp_path: Path) -> None:
    slices = tuple(_library(builds, f"ios_simulator_{cpu}") for cpu in ("x86_64", "arm64"))
    joined: UniversalBinary = builds.request(JoinSlicesRequest(ADDRESS, "kernel", slices))
    inspection = _inspect(builds, joined.digest, joined.path)
    assert [image.architecture for image in inspection.images] == ["aarch64", "x86_64"]
    assert {image.system for image in inspection.images} == {"ios_simulator"}
    path = builds.write(joined.digest, tmp_path)
    assert path.name == "libkernel.a"
    assert LIPO is not None
    assert run(LIPO, path, "-archs").split() == ["arm64", "x86_64"]
    for architecture, library in zip(("x86_64", "arm64"), slices):
        run(LIPO, path, "-thin", architecture, "-output", tmp_path / architecture)
        assert (tmp_path / architecture).read_bytes() == builds.content(library.digest)


def test_the_order_of_slices_changes_no_byte(builds: NativeBuilds) -> None:
    slices = tuple(_library(builds, f"ios_simulator_{cpu}") for cpu in ("x86_64", "arm64"))
    first, second = (
        builds.content(builds.request(JoinSlicesRequest(ADDRESS, "kernel", order)).digest)
        for order in (slices, slices[::-1])
    )
    assert first == second


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"#include <math.h>\n", "it is neither an ELF nor a Mach-O file"),
        (b"!<arch>\nnot a header", "it is a damaged static library"),
        (b"\xca\xfe\xba\xbe\0\0\0\1", "it is a damaged universal file: its table is cut short"),
        (b"\x7fELF", "it is of an unknown kind: FILE_TYPE.NONE"),
    ],
)
def test_what_is_no_compiled_code(builds: NativeBuilds, content: bytes, message: str) -> None:
    file = FileContent("lib/some.a", content)
    digest = builds.rule_runner.request(Digest, [CreateDigest([file])])
    with pytest.raises(ExecutionError) as raised:
        _inspect(builds, digest, "lib/some.a", field="libraries")
    assert (
        f"src/ops:kernel, field `libraries` = 'some.a': `some.a` is not compiled code: {message}"
        in str(raised.value)
    )
