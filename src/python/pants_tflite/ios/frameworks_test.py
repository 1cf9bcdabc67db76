# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""XCFrameworks, really compiled, and read by LLVM's tools."""

from __future__ import annotations

import plistlib
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import Digest, MergeDigests
from pants.engine.internals.scheduler import ExecutionError
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.models import BundleModel, BundleModels
from pants_tflite.bundles.testutil import description_json
from pants_tflite.cc.compilation import CompiledObject, CompileSourceRequest
from pants_tflite.cc.platforms import PLATFORMS
from pants_tflite.cc.testutil import NativeBuilds, needs_launcher, run
from pants_tflite.cc.toolchain import CXX, C
from pants_tflite.custom_ops.declarations import CustomOp, CustomOps
from pants_tflite.ios import register
from pants_tflite.ios.frameworks import BuildXcframeworkRequest, Xcframework
from pants_tflite.ios.settings import FrameworkSettings
from pants_tflite.ios.slices import PLATFORM_NAMES

pytestmark = needs_launcher

ADDRESS = Address("m", target_name="ios")
SETTINGS = FrameworkSettings("Pets", "org.example.Pets", "13.0", "1.4.0")
FRAMEWORKS = {
    "device": "Pets.xcframework/ios-arm64/Pets.framework",
    "simulator": "Pets.xcframework/ios-arm64_x86_64-simulator/Pets.framework",
}
FUNCTIONS = {"_PetsModelAtIndex", "_PetsModelCount", "_PetsModelNamed", "_PetsVersion"}
TENSOR = {
    "name": "x:0",
    "dtype": "int8",
    "shape": [1, 2],
    "shape_signature": [None, 2],
    "quantization": {"scales": [0.5], "zero_points": [-3], "quantized_dimension": None},
}
DESCRIPTION = {
    "custom_ops": [],
    "inputs": [TENSOR],
    "outputs": [TENSOR],
    "sha256": "0" * 64,
    "signatures": {"s": {"subgraph": 0, "inputs": {"x": TENSOR}, "outputs": {"x": TENSOR}}},
    "sizes": {"file": 5},
}


def _tool(name: str) -> str:
    """An LLVM tool, which Debian may have under a name with a version only; skips without it."""
    found = shutil.which(name) or shutil.which(f"{name}-14")
    if found is None:
        pytest.skip(f"there is no {name} (Debian's llvm)")
    return found


@pytest.fixture(scope="module")
def builds() -> NativeBuilds:
    return NativeBuilds(register.rules(), {BuildXcframeworkRequest: Xcframework})


def _build(
    builds: NativeBuilds,
    settings: FrameworkSettings,
    custom_ops: CustomOps = CustomOps(),
    **fields: Any,
) -> Xcframework:
    digest = builds.digest({"model.tflite": "model", "model.json": "{}"})
    text = description_json(DESCRIPTION)
    model = BundleModel("pets", ADDRESS, digest, text, ("cat", "dog"), custom_ops)
    request = BuildXcframeworkRequest(
        ADDRESS, settings, BundleModels((model,), settings.version), **fields
    )
    built: Xcframework = builds.request(request)
    return built


def _write(builds: NativeBuilds, digest: Digest) -> Path:
    """Writes files below the build root, and returns the build root."""
    builds.rule_runner.scheduler.write_digest(digest)
    return Path(builds.rule_runner.build_root)


@pytest.fixture(scope="module")
def xcframework(builds: NativeBuilds) -> Xcframework:
    return _build(builds, SETTINGS)


@pytest.fixture(scope="module")
def folder(builds: NativeBuilds, xcframework: Xcframework) -> Path:
    return _write(builds, xcframework.digest)


def _binaries(folder: Path) -> list[Path]:
    return [folder / framework / "Pets" for framework in FRAMEWORKS.values()]


def _load_commands(binary: Path) -> list[tuple[str, str]]:
    """The platform and the oldest system of every architecture."""
    text = run(_tool("llvm-objdump"), "--macho", "--arch=all", "--private-headers", str(binary))
    return re.findall(r"LC_BUILD_VERSION.*?platform (\w+).*?minos ([0-9.]+)", text, re.DOTALL)


def _symbols(binary: Path, *kinds: str) -> list[set[str]]:
    """The names of the symbols of a kind, for each architecture."""
    archs = ["arm64", "x86_64"] if "simulator" in str(binary) else ["arm64"]
    command = (_tool("llvm-nm"), "--format=just-symbols", "--no-sort", *kinds)
    return [
        {
            line
            for line in run(*command, f"--arch={arch}", binary).splitlines()
            if line and not line.endswith(":")
        }
        for arch in archs
    ]


def test_what_is_where(folder: Path) -> None:
    root = folder / "Pets.xcframework"
    content = {"Headers/Pets.h", "Info.plist", "Modules/module.modulemap", "Pets"}
    content |= {"PrivacyInfo.xcprivacy", "pets.json", "pets.labels.txt", "pets.tflite"}
    found = {str(path.relative_to(folder)) for path in root.rglob("*") if path.is_file()}
    expected = {f"{framework}/{name}" for framework in FRAMEWORKS.values() for name in content}
    assert found == {"Pets.xcframework/Info.plist", *expected}
    for framework in FRAMEWORKS.values():
        assert (folder / framework / "pets.tflite").read_bytes() == b"model"
        assert (folder / framework / "pets.labels.txt").read_text() == "cat\ndog\n"
    for library in plistlib.loads((root / "Info.plist").read_bytes())["AvailableLibraries"]:
        assert (root / library["LibraryIdentifier"] / library["BinaryPath"]).is_file()


def test_architectures(folder: Path) -> None:
    lipo = _tool("llvm-lipo")
    device, simulator = _binaries(folder)
    assert run(lipo, simulator, "-archs").split() == ["arm64", "x86_64"]
    thin = folder / "thin.a"
    for arch, is_linked in (("arm64", "aarch64"), ("x86_64", "x86_64")):
        run(lipo, simulator, "-thin", arch, "-output", thin)
        assert f"Arch: {is_linked}" in run(_tool("llvm-readobj"), "--file-headers", thin)
    assert "Arch: aarch64" in run(_tool("llvm-readobj"), "--file-headers", device)


def test_systems(folder: Path) -> None:
    device, simulator = map(_load_commands, _binaries(folder))
    assert device == [("ios", "13.0")]
    # On an Apple processor, simulators begin with 14.0.
    assert simulator == [("iossimulator", "14.0"), ("iossimulator", "13.0")]


def test_symbols(folder: Path) -> None:
    for binary in _binaries(folder):
        for exported in _symbols(binary, "--extern-only", "--defined-only"):
            assert exported == FUNCTIONS
        for needed in _symbols(binary, "--undefined-only"):
            assert needed == {"_strcmp"}


def test_the_oldest_ios_is_that_of_the_field(builds: NativeBuilds) -> None:
    settings = replace(SETTINGS, name="NewPets", min_ios="15.4")
    root = _write(builds, _build(builds, settings).digest)
    for framework in (root / "NewPets.xcframework").rglob("*.framework"):
        assert {oldest for _, oldest in _load_commands(framework / "NewPets")} == {"15.4"}
        plist = plistlib.loads((framework / "Info.plist").read_bytes())
        assert plist["MinimumOSVersion"] == "15.4"


def test_libraries_are_linked_in(builds: NativeBuilds) -> None:
    kernel = "int PetKernel(void) { return 1; }"
    libraries = {
        name: (builds.archive(name, builds.compile(kernel, name)),) for name in PLATFORM_NAMES
    }
    settings = replace(SETTINGS, name="Kernels")
    built = _build(builds, settings, libraries=FrozenDict(libraries))
    for framework in (_write(builds, built.digest) / "Kernels.xcframework").rglob("*.framework"):
        for exported in _symbols(framework / "Kernels", "--extern-only", "--defined-only"):
            assert {"_PetKernel", "_KernelsVersion"} <= exported


_USER = """\
@import Pets;
const char *_Nonnull name(void) { return PetsModelAtIndex(0)->labels[1]; }
size_t count(void) { return PetsModelCount(); }
"""
_MODULES = ("-fmodules", "-fmodules-cache-path=__modules__", "-Wall", "-Wextra", "-Werror")


def _compile_user(
    builds: NativeBuilds,
    xcframework: Xcframework,
    platform: str,
    framework: str,
    text: str,
    language: str = "objective-c",
) -> CompiledObject:
    """Compiles Objective-C or Objective-C++ that imports the framework's module."""
    digest = builds.rule_runner.request(
        Digest, [MergeDigests([builds.digest({"user.m": text}), xcframework.digest])]
    )
    folder = FRAMEWORKS[framework].rpartition("/")[0]
    flags = ("-x", language, "-F", folder, *_MODULES)
    compiled: CompiledObject = builds.request(
        CompileSourceRequest(
            ADDRESS,
            PLATFORMS[platform],
            CXX if language.endswith("++") else C,
            "user.m",
            digest,
            flags=flags,
        )
    )
    return compiled


@pytest.mark.parametrize(
    ("platform", "framework"),
    [("ios_arm64", "device"), ("ios_simulator_x86_64", "simulator")],
)
def test_objective_c_imports_the_module(
    builds: NativeBuilds, xcframework: Xcframework, platform: str, framework: str
) -> None:
    compiled = _compile_user(builds, xcframework, platform, framework, _USER)
    path = _write(builds, compiled.digest) / compiled.path
    needed = run(_tool("llvm-nm"), "--format=just-symbols", "--undefined-only", path).split()
    assert needed == ["_PetsModelAtIndex", "_PetsModelCount"]


def test_objective_c_knows_what_may_be_missing(
    builds: NativeBuilds, xcframework: Xcframework
) -> None:
    wrong = "@import Pets;\nvoid f(void) { PetsModelNamed(0); }\n"
    with pytest.raises(ExecutionError) as error:
        _compile_user(builds, xcframework, "ios_arm64", "device", wrong)
    assert "null passed to a callee that requires a non-null argument" in str(error.value)


# As TensorFlow Lite's own headers declare it, and as an app calls it.
_OPS_USER = """\
#import <Pets/Pets.h>
typedef struct TfLiteInterpreterOptions TfLiteInterpreterOptions;
void add(TfLiteInterpreterOptions *_Nonnull options);
void add(TfLiteInterpreterOptions *_Nonnull options) { PetsAddCustomOps(options); }
"""


@pytest.mark.parametrize("language", ["objective-c", "objective-c++"])
def test_objective_c_adds_custom_ops(builds: NativeBuilds, language: str) -> None:
    op = CustomOp(ADDRESS, "Bark", "Register_BARK", "Register_BARK", False, False)
    ops = CustomOps(("Bark",), (op,))
    # This looks at the header and the module; the module's own tests cover the kernels.
    xcframework = _build(builds, SETTINGS, ops, links=("c++",))
    compiled = _compile_user(builds, xcframework, "ios_arm64", "device", _OPS_USER, language)
    path = _write(builds, compiled.digest) / compiled.path
    needed = run(_tool("llvm-nm"), "--format=just-symbols", "--undefined-only", path).split()
    assert needed == ["_PetsAddCustomOps"]
    # Whoever imports the module tells the linker what the kernels need.
    headers = run(_tool("llvm-objdump"), "--macho", "--private-headers", path)
    assert re.search(r"LC_LINKER_OPTION.*?-lc\+\+", headers, re.DOTALL)
