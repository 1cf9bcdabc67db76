# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The kernels of custom ops in Android libraries, read, linked against and run."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import shutil
import zipfile
from pathlib import Path
from typing import Callable

import pytest

from tests.workspace import KERNELS_PANTS_RC, ROOT, Workspace, repository_files, run_tool

FOLDER = Path(__file__).with_name("android")
BUILD = """\
tflite_file(name="atan", source="atan.tflite", custom_ops=["src/cc/ops:scaled_atan"])
tflite_file(name="no_kernel", source="atan.tflite", custom_ops=["ScaledAtan"])

tflite_android_library(
    name="android", models=[":atan"], package="org.example.atan", artifact="scaled_atan-android"
)
tflite_android_library(name="unfit", models=[":no_kernel"], package="org.example.unfit")
"""
FILES: dict[str, str | bytes] = {
    ".pants.rc": KERNELS_PANTS_RC,
    "m/BUILD": BUILD,
    "m/atan.tflite": Path(__file__).with_name("one_scaled_atan.tflite").read_bytes(),
    **repository_files("3rdparty/tflite", "src/cc/ops"),
}
MACHINES = {
    "arm64-v8a": "AArch64",
    "armeabi-v7a": "ARM",
    "x86": "Intel 80386",
    "x86_64": "Advanced Micro Devices X86-64",
}
MODULE, FUNCTION = "scaled_atan_android_ops", "ScaledAtanAndroid_AddCustomOps"
LIBRARY = f"lib{MODULE}.so"
PREFAB = f"prefab/modules/{MODULE}"
RUNTIME, RUNTIME_LIBRARY = "org.tensorflow:tensorflow-lite:2.16.1", "libtensorflowlite_jni.so"
ADD_CUSTOM_OP = "TfLiteInterpreterOptionsAddCustomOp"
AAR = "m/android/scaled_atan-android-0.1.0.aar"
WARNINGS = ("-Wall", "-Wextra", "-Werror")


def needs(command: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        shutil.which(command) is None, reason=f"needs {command} (Debian: {package})"
    )


needs_gcc = needs("g++", "g++")
needs_llvm = needs("llvm-readelf", "llvm")
needs_x86_64 = pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"), reason="needs Linux on x86_64"
)


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    workspace.succeed("package", "m:android")
    return workspace


@pytest.fixture(scope="module")
def library(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked library."""
    folder = tmp_path_factory.mktemp("library")
    with zipfile.ZipFile(workspace.folder / "dist" / AAR) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """TensorFlow Lite for Android, unpacked: `headers/` and `jni/`."""
    if shutil.which("mvn") is None:
        pytest.skip("needs mvn (Debian: maven)")
    folder = tmp_path_factory.mktemp("runtime")
    run_tool(
        *("mvn", "--batch-mode", "--quiet", "dependency:copy"),
        *(f"-Dartifact={RUNTIME}:aar", f"-DoutputDirectory={folder}"),
    )
    with zipfile.ZipFile(folder / "tensorflow-lite-2.16.1.aar") as archive:
        archive.extractall(folder)
    return folder


def dynamic_symbols(library: Path, *, defined: bool) -> set[str]:
    text = run_tool("llvm-readelf", "--wide", "--dyn-syms", library)
    rows = [line.split() for line in text.splitlines() if re.match(r" *\d+: ", line)]
    return {row[7].split("@")[0] for row in rows if len(row) > 7 and (row[6] != "UND") == defined}


def test_files(library: Path) -> None:
    files = {path.relative_to(library).as_posix() for path in library.rglob("*") if path.is_file()}
    assert {path for path in files if path.startswith(("jni/", "prefab/"))} == {
        "prefab/prefab.json",
        f"{PREFAB}/module.json",
        f"{PREFAB}/include/{MODULE}.h",
        *(f"{PREFAB}/libs/android.{abi}/abi.json" for abi in MACHINES),
        *(f"{PREFAB}/libs/android.{abi}/{LIBRARY}" for abi in MACHINES),
        *(f"jni/{abi}/{LIBRARY}" for abi in MACHINES),
    }
    assert json.loads((library / "prefab/prefab.json").read_text())["name"] == "scaled_atan-android"
    for abi in MACHINES:
        folder = library / PREFAB / "libs" / f"android.{abi}"
        described = json.loads((folder / "abi.json").read_text())
        assert (described["abi"], described["api"], described["static"]) == (abi, 24, False)
        assert (folder / LIBRARY).read_bytes() == (library / "jni" / abi / LIBRARY).read_bytes()


def test_the_manifest_tells_of_the_kernels(workspace: Workspace) -> None:
    manifest = workspace.json("m/android/manifest.json")
    (kernel,) = manifest["custom_ops"]
    assert (kernel["name"], kernel["address"]) == ("ScaledAtan", "src/cc/ops:scaled_atan")
    assert kernel["registration"] == "Register_SCALED_ATAN"
    assert [build["platform"] for build in kernel["builds"]] == list(MACHINES)
    listed = {file["path"] for file in manifest["files"]}
    assert {build["file"] for build in kernel["builds"]} <= listed
    toolchains = {build["toolchain"] for build in kernel["builds"]}
    assert all(re.fullmatch(r"zig [0-9.]+, without an NDK", name) for name in toolchains)


@needs_llvm
@pytest.mark.parametrize("abi", sorted(MACHINES))
def test_a_library_is_what_android_loads(library: Path, runtime: Path, abi: str) -> None:
    path = library / "jni" / abi / LIBRARY
    assert f"Machine:                           {MACHINES[abi]}\n" in run_tool(
        "llvm-readelf", "-h", path
    )
    segments = run_tool("llvm-readelf", "--wide", "--program-headers", path)
    loaded = [line.split()[-1] for line in segments.splitlines() if line.split()[:1] == ["LOAD"]]
    assert set(loaded) == {"0x4000"}
    dynamic = run_tool("llvm-readelf", "--dynamic", path)
    assert f"Library soname: [{LIBRARY}]" in dynamic
    assert re.findall(r"Shared library: \[(.+)\]", dynamic) == [
        RUNTIME_LIBRARY,
        "libc.so",
        "libm.so",
    ]
    # Android 5 and 6 know only the older one; nothing is patched in code that is shared.
    assert "(HASH)" in dynamic and "TEXTREL" not in dynamic
    assert dynamic_symbols(path, defined=True) == {FUNCTION}
    assert ADD_CUSTOM_OP in dynamic_symbols(path, defined=False)
    strings = run_tool("strings", path)
    assert "Register_SCALED_ATAN" not in strings and not re.search(r"^/", strings, re.MULTILINE)

    real = runtime / "jni" / abi / RUNTIME_LIBRARY
    assert f"Library soname: [{RUNTIME_LIBRARY}]" in run_tool("llvm-readelf", "--dynamic", real)
    assert ADD_CUSTOM_OP in dynamic_symbols(real, defined=True)


@needs_gcc
@pytest.mark.parametrize(("compiler", "name"), [("gcc", "user.c"), ("g++", "user.cc")])
def test_the_header_compiles(library: Path, tmp_path: Path, compiler: str, name: str) -> None:
    source = tmp_path / name
    source.write_text(f"#include <{MODULE}.h>\n")
    include = f"-I{library / PREFAB / 'include'}"
    run_tool(compiler, *WARNINGS, "-Wpedantic", include, "-c", source, "-o", tmp_path / "user.o")


@needs_gcc
@needs("javac", "default-jdk-headless")
@needs_x86_64
def test_the_documented_code_links_against_android(
    library: Path, runtime: Path, tmp_path: Path
) -> None:
    docs = (ROOT / "docs" / "android.md").read_text()
    (code,) = re.findall(r"```c\n(// app/src/main/cpp/joystick\.c\n.*?)```", docs, re.DOTALL)
    (tmp_path / "joystick.c").write_text(code)
    jdk = Path(os.path.realpath(shutil.which("javac") or "")).parents[1] / "include"
    run_tool(
        *("gcc", *WARNINGS, "-std=c11", "-fPIC", "-fno-stack-protector"),
        *(f"-I{jdk}", f"-I{jdk / 'linux'}", f"-I{library / PREFAB / 'include'}"),
        *("-c", tmp_path / "joystick.c", "-o", tmp_path / "joystick.o"),
    )
    # Whatever the code calls is in one of the two libraries.
    run_tool(
        *("gcc", "-shared", "-nostdlib", "-Wl,-z,defs", "-Wl,--allow-shlib-undefined"),
        *(tmp_path / "joystick.o", library / "jni" / "x86_64" / LIBRARY),
        *(runtime / "jni" / "x86_64" / RUNTIME_LIBRARY, "-o", tmp_path / "libjoystick.so"),
    )


@needs_gcc
@needs_x86_64
def test_the_kernel_computes(library: Path, runtime: Path, tmp_path: Path) -> None:
    """On Linux, whose libc and libm have the functions that the code calls, under other names."""
    source, headers = FOLDER / "run_atan.c", f"-I{runtime / 'headers'}"
    program, loaded = tmp_path / "run_atan", tmp_path / RUNTIME_LIBRARY
    run_tool("gcc", headers, source, "-ldl", "-o", program)
    run_tool("gcc", headers, "-DRUNTIME", "-fPIC", "-shared", source, "-o", loaded)
    for name in ("libc", "libm"):
        # The file that the program has loaded already, so that it is not loaded twice.
        here = run_tool("gcc", f"-print-file-name={name}.so.6").strip()
        (tmp_path / f"{name}.so").symlink_to(os.path.realpath(here))
    numbers = (-2.5, -0.0, 0.1, 3.0, 1e30)
    said = run_tool(
        program,
        library / "jni" / "x86_64" / LIBRARY,
        *(FUNCTION, *map(repr, numbers)),
        LD_LIBRARY_PATH=str(tmp_path),
    ).splitlines()
    assert said[0] == "1 ScaledAtan 1 1"
    # Without options its scale is 1.
    expected = [math.atan(number) for number in numbers]
    assert [float(line) for line in said[1:]] == pytest.approx(expected, rel=1e-6)


def test_an_op_without_a_kernel(workspace: Workspace) -> None:
    error = workspace.fail("package", "m:unfit")
    assert "m:unfit, field `models`" in error
    assert "uses the custom ops ScaledAtan, for which the bundle has no kernel" in error
