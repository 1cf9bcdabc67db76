# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""iOS frameworks with the kernels of custom ops, packaged by whole runs and read by LLVM's tools."""

from __future__ import annotations

import re
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.workspace import KERNELS_PANTS_RC, Workspace, repository_files

BUILD = """\
cc_sources(name="twice", sources=["scaled_atan.cc"])
tflite_custom_op(
    name="cxx_op",
    op="ScaledAtan",
    registration="RegisterAtan",
    dependencies=[":twice"],
    runtime="3rdparty/tflite:runtime",
)

tflite_file(name="atan", source="atan.tflite", custom_ops=["src/cc/ops:scaled_atan"])
tflite_file(name="cxx_atan", source="atan.tflite", custom_ops=[":cxx_op"])
tflite_file(name="two_scores", source="two_scores.tflite")

tflite_ios_framework(name="ios", models=[":atan", ":two_scores"], bundle_id="org.example.Atan")
tflite_ios_framework(name="cxx", models=[":cxx_atan"], bundle_id="org.example.Cxx")
tflite_ios_framework(name="plain", models=[":two_scores"], bundle_id="org.example.Plain")
"""
# The same op in C++, with inline functions and the standard library.
CXX_KERNEL = """\
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "tensorflow/lite/core/c/common.h"

namespace {

TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor& input = context->tensors[node->inputs->data[0]];
  const size_t bytes = sizeof(TfLiteIntArray) + input.dims->size * sizeof(int);
  auto* dims = static_cast<TfLiteIntArray*>(malloc(bytes));
  dims->size = input.dims->size;
  std::copy_n(input.dims->data, input.dims->size, dims->data);
  return context->ResizeTensor(context, &context->tensors[node->outputs->data[0]], dims);
}

TfLiteStatus Invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor& input = context->tensors[node->inputs->data[0]];
  std::vector<float> values(input.data.f, input.data.f + input.bytes / sizeof(float));
  for (float& value : values) value = 0.75f * std::atan(value);
  std::copy(values.begin(), values.end(), context->tensors[node->outputs->data[0]].data.f);
  return kTfLiteOk;
}

}  // namespace

extern "C" TfLiteRegistration* RegisterAtan() {
  static TfLiteRegistration registration = {nullptr, nullptr, Prepare, Invoke};
  return &registration;
}
"""
# New in every run: what a test expects to run must be in no cache of an earlier run.
NONCE = uuid.uuid4().hex
MATH, OPTIONS, KERNEL = (
    f"src/cc/ops/{name}.c" for name in ("scaled_atan", "flex_map", "scaled_atan_tflite")
)
FILES: dict[str, str | bytes] = {
    ".pants.rc": KERNELS_PANTS_RC,
    "m/BUILD": BUILD,
    "m/atan.tflite": Path(__file__).with_name("one_scaled_atan.tflite").read_bytes(),
    "m/scaled_atan.cc": CXX_KERNEL,
    "m/two_scores.tflite": Path(__file__).with_name("two_scores.tflite").read_bytes(),
    **{
        path: content.decode()
        for path, content in repository_files("3rdparty/tflite", "src/cc/ops").items()
    },
}
FILES[MATH] = f"// Remark {NONCE}.\n{FILES[MATH]!s}"
SLICES = {"ios-arm64": ["arm64"], "ios-arm64_x86_64-simulator": ["arm64", "x86_64"]}
PLATFORMS = ["ios_arm64", "ios_simulator_arm64", "ios_simulator_x86_64"]
TABLE = ("ModelAtIndex", "ModelCount", "ModelNamed", "Version")
# From the C library, which every app has.
SYSTEM = {"atanf", "calloc", "fmaxf", "fminf", "free", "malloc", "memcmp", "memcpy", "roundf"}
SYSTEM |= {"bzero", "memset", "strcmp", "strlen"}
_SYMBOL = re.compile(r"^[0-9a-f ]{16} \((.+?)\) (.*?)(\S+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    workspace.succeed("package", "m:ios", "m:plain")
    return workspace


@pytest.fixture
def edit(workspace: Workspace) -> Iterator[Callable[[str, str, str], None]]:
    """Replaces a text in a file, until the test ends."""

    def edit(file: str, old: str, new: str) -> None:
        content = FILES[file]
        assert isinstance(content, str) and old in content
        workspace.write({file: content.replace(old, new)})

    yield edit
    workspace.write(FILES)


def _symbols(workspace: Workspace, bundle: str, name: str) -> Iterator[dict[str, set[str]]]:
    """The C names of a framework's symbols, by what they are, for each architecture: seen by all
    ("external"), by what is linked with them ("private external"), and needed ("undefined")."""
    nm = shutil.which("llvm-nm")
    if nm is None:
        pytest.skip("there is no llvm-nm (Debian's llvm)")
    root = workspace.folder / "dist/m" / bundle / f"{name}.xcframework"
    for each, architectures in SLICES.items():
        binary = root / each / f"{name}.framework" / name
        for architecture in architectures:
            text = subprocess.run(
                [nm, "--format=darwin", f"--arch={architecture}", binary],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            found: dict[str, set[str]] = {"external": set(), "private external": set()}
            needed = set()
            for section, kind, symbol in _SYMBOL.findall(text):
                if section == "undefined":
                    needed.add(symbol[1:])
                elif kind.strip() in found:
                    found[kind.strip()].add(symbol[1:])
            yield {**found, "undefined": needed - found["external"] - found["private external"]}


def test_every_slice_has_the_kernels_and_shows_one_function(workspace: Workspace) -> None:
    slices = list(_symbols(workspace, "ios", "Atan"))
    assert len(slices) == 3
    for symbols in slices:
        assert symbols["external"] == {f"Atan{name}" for name in (*TABLE, "AddCustomOps")}
        assert symbols["private external"] == {
            "FlexMapNumber",
            "Register_SCALED_ATAN",
            "ScaledAtanFillTable",
            "ScaledAtanFloat",
            "ScaledAtanInt8",
            "ScaledAtanScale",
        }
        assert symbols["undefined"] - SYSTEM == {"TfLiteInterpreterOptionsAddCustomOp"}


def test_without_custom_ops_there_is_no_such_function(workspace: Workspace) -> None:
    for symbols in _symbols(workspace, "plain", "Plain"):
        assert symbols["external"] == {f"Plain{name}" for name in TABLE}
        assert symbols["undefined"] == {"strcmp"}
    for path in (workspace.folder / "dist/m/plain").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"AddCustomOp" not in content and b"TfLite" not in content, path
    assert workspace.json("m/plain/manifest.json")["custom_ops"] == []


def test_header_readme_and_manifest(workspace: Workspace) -> None:
    dist = workspace.folder / "dist/m/ios"
    for each in SLICES:
        framework = dist / "Atan.xcframework" / each / "Atan.framework"
        declaration = "void AtanAddCustomOps(struct TfLiteInterpreterOptions *options);"
        assert declaration in (framework / "Headers/Atan.h").read_text()
        assert "link" not in (framework / "Modules/module.modulemap").read_text()
    readme = (dist / "README.md").read_text()
    assert "needs the custom ops `ScaledAtan`" in readme
    assert "AtanModel.atan.url.path" in readme and "AtanAddCustomOps(options)" in readme
    manifest = workspace.json("m/ios/manifest.json")
    (op,) = manifest["custom_ops"]
    assert (op["name"], op["address"]) == ("ScaledAtan", "src/cc/ops:scaled_atan")
    assert op["registration"] == "Register_SCALED_ATAN"
    assert [build["platform"] for build in op["builds"]] == PLATFORMS
    for build in op["builds"]:
        assert (dist / build["file"]).is_file()
        assert build["toolchain"] == f"zig {manifest['tools']['zig']}"


def test_no_path_of_this_machine(workspace: Workspace) -> None:
    for path in (workspace.folder / "dist/m/ios").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert str(workspace.folder).encode() not in content, path
            assert b"/tmp/" not in content and b"pants-sandbox" not in content, path


def test_cxx_kernels(workspace: Workspace) -> None:
    workspace.succeed("package", "m:cxx")
    for symbols in _symbols(workspace, "cxx", "Cxx"):
        assert {f"Cxx{name}" for name in (*TABLE, "AddCustomOps")} <= symbols["external"]
        assert "RegisterAtan" in symbols["private external"]
        # Inline C++ functions have mangled names; only the standard library's are visible.
        others = symbols["external"] - {f"Cxx{name}" for name in (*TABLE, "AddCustomOps")}
        assert all(name.startswith("_Z") and "St3__1" in name for name in others), others
    for path in (workspace.folder / "dist/m/cxx").rglob("module.modulemap"):
        assert '\n  link "c++"\n' in path.read_text()


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "m/BUILD",
            'custom_ops=["src/cc/ops:scaled_atan"]',
            'custom_ops=["ScaledAtan"]',
            "m:ios, field `models`: m:atan uses the custom ops ScaledAtan, for which the bundle has",
        ),
        # On this machine all is well: only what is built for iOS is wrong.
        (
            KERNEL,
            "#include <stdlib.h>",
            "#ifdef __APPLE__\n#define Register_SCALED_ATAN Register\n#endif\n#include <stdlib.h>",
            "src/cc/ops:scaled_atan: `libcustom_ops.a` for ios_{} was built, and does not have "
            "`Register_SCALED_ATAN`",
        ),
        (
            OPTIONS,
            '#include "ops/flex_map.h"',
            '#include "ops/flex_map.h"\n#ifdef __APPLE__\nvoid ScaledAtanInt8(void) {}\n#endif',
            "src/cc/ops:scaled_atan: `libcustom_ops.a` for ios_{} was built, and several of its "
            "sources define `ScaledAtanInt8`",
        ),
    ],
    ids=["no kernel", "no registration", "two definitions"],
)
def test_mistakes(
    workspace: Workspace,
    edit: Callable[[str, str, str], None],
    file: str,
    old: str,
    new: str,
    expected: str,
) -> None:
    edit(file, old, new)
    before, _, after = expected.partition("{}")
    text = workspace.fail("package", "m:ios")
    assert before in text and after in text
