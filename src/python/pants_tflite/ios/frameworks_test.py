# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""XCFrameworks, really compiled, and read by LLVM's tools."""

from __future__ import annotations

import json
import plistlib
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, CreateDigest, Digest, FileContent, MergeDigests
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.models import BundleModel, BundleModels
from pants_tflite.errors import TfLiteError
from pants_tflite.ios import register
from pants_tflite.ios.frameworks import BuildXcframeworkRequest, Xcframework
from pants_tflite.ios.settings import FrameworkSettings
from pants_tflite.ios.slices import PLATFORM_NAMES
from pants_tflite.testutil import new_rule_runner
from pants_tflite.util_rules.cc.compilation import (
    ArchiveObjectsRequest,
    CompiledObject,
    CompileSourceRequest,
    StaticLibrary,
)
from pants_tflite.util_rules.cc.platforms import PLATFORMS
from pants_tflite.util_rules.cc.testutil import needs_launcher, set_options, sources
from pants_tflite.util_rules.cc.toolchain import C

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
        pytest.skip(f"{name} (Debian: llvm) is not installed")
    return found


def _output(*argv: str | Path) -> str:
    return subprocess.run(argv, check=True, capture_output=True, encoding="utf-8").stdout


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    rule_runner = new_rule_runner(
        [
            QueryRule(CompiledObject, [CompileSourceRequest]),
            QueryRule(StaticLibrary, [ArchiveObjectsRequest]),
            QueryRule(Xcframework, [BuildXcframeworkRequest]),
        ],
        rules=register.rules(),
        target_types=register.target_types(),
    )
    set_options(rule_runner)
    return rule_runner


def _build(rule_runner: RuleRunner, settings: FrameworkSettings, **fields: Any) -> Xcframework:
    model = FileContent("model.tflite", b"model")
    description = FileContent("model.json", b"{}")
    digest = rule_runner.request(Digest, [CreateDigest([model, description])])
    labels = ("cat", "dog")
    models = (BundleModel("pets", ADDRESS, digest, json.dumps(DESCRIPTION), labels),)
    request = BuildXcframeworkRequest(ADDRESS, settings, BundleModels(models, "1.4.0"), **fields)
    return rule_runner.request(Xcframework, [request])


@pytest.fixture(scope="module")
def xcframework(rule_runner: RuleRunner) -> Xcframework:
    return _build(rule_runner, SETTINGS)


@pytest.fixture(scope="module")
def folder(rule_runner: RuleRunner, xcframework: Xcframework) -> Path:
    rule_runner.scheduler.write_digest(xcframework.digest)
    return Path(rule_runner.build_root)


def _binaries(folder: Path) -> list[Path]:
    return [folder / framework / "Pets" for framework in FRAMEWORKS.values()]


def _load_commands(binary: Path) -> list[tuple[str, str]]:
    """The platform and the oldest system of every architecture."""
    text = _output(
        _tool("llvm-objdump"), "--macho", "--arch=all", "--private-headers", str(binary)
    )
    return re.findall(r"LC_BUILD_VERSION.*?platform (\w+).*?minos ([0-9.]+)", text, re.DOTALL)


def _symbols(binary: Path, kind: str) -> list[set[str]]:
    """The names of symbols of a kind, for each architecture."""
    archs = ["arm64", "x86_64"] if "simulator" in str(binary) else ["arm64"]
    nm = _tool("llvm-nm")
    return [
        {
            line.split()[-1]
            for line in _output(nm, kind, "--format=bsd", f"--arch={arch}", str(binary)).split("\n")
            if line and not line.endswith(":")
        }
        for arch in archs
    ]


def test_what_is_where(folder: Path) -> None:
    root = folder / "Pets.xcframework"
    content = {"Headers/Pets.h", "Info.plist", "Modules/module.modulemap", "Pets"}
    content |= {"pets.json", "pets.labels.txt", "pets.tflite"}
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
    assert _output(lipo, simulator, "-archs").split() == ["arm64", "x86_64"]
    thin = folder / "thin.a"
    for arch, is_linked in (("arm64", "aarch64"), ("x86_64", "x86_64")):
        _output(lipo, simulator, "-thin", arch, "-output", thin)
        assert f"Arch: {is_linked}" in _output(_tool("llvm-readobj"), "--file-headers", thin)
    assert "Arch: aarch64" in _output(_tool("llvm-readobj"), "--file-headers", device)


def test_systems(folder: Path) -> None:
    device, simulator = map(_load_commands, _binaries(folder))
    assert device == [("ios", "13.0")]
    # On an Apple processor, simulators begin with 14.0.
    assert simulator == [("iossimulator", "14.0"), ("iossimulator", "13.0")]


def test_symbols(folder: Path) -> None:
    for binary in _binaries(folder):
        for exported in _symbols(binary, "--extern-only --defined-only".split()[1]):
            assert {name for name in exported if name.startswith("_Pets")} == FUNCTIONS
        for needed in _symbols(binary, "--undefined-only"):
            assert needed == {"_strcmp"}
