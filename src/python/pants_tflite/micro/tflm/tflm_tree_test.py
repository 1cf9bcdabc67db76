# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from pants.core.util_rules import archive
from pants.engine.addresses import Address
from pants.engine.fs import Digest, Snapshot
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.micro import register
from pants_tflite.micro.target_types import MicroTflmField
from pants_tflite.micro.tflm.tflm_tree import TflmTree, TflmTreeRequest, find_root, library_sources
from pants_tflite.testutil import new_rule_runner, write_workspace

ADDRESS = Address("mcu", target_name="library")
MARKER = "tensorflow/lite/micro/micro_interpreter.h"
FILES = {
    MARKER: "// An interpreter.\n",
    "tensorflow/lite/micro/micro_interpreter.cc": "// Its source.\n",
    "tensorflow/lite/micro/micro_interpreter_test.cc": "int main() {}\n",
    "examples/hello_world/hello_world.cc": "int main() {}\n",
    "third_party/gemmlowp/fixedpoint/fixedpoint.h": "// Numbers.\n",
    "third_party/kissfft/kiss_fft.c": "// Included by others.\n",
}


@pytest.fixture
def rule_runner() -> RuleRunner:
    return new_rule_runner(
        [QueryRule(TflmTree, (TflmTreeRequest,)), QueryRule(Snapshot, (Digest,))],
        rules=(*archive.rules(), *register.rules()),
        target_types=register.target_types(),
    )


def _find(rule_runner: RuleRunner, build: str, files: dict[str, str]) -> TflmTree:
    write_workspace(rule_runner, {"tree/BUILD": build, **files})
    return rule_runner.request(
        TflmTree, [TflmTreeRequest(MicroTflmField("//tree:tree", ADDRESS), "//tree:tree")]
    )


def _write_archive(rule_runner: RuleRunner, name: str) -> None:
    path = Path(rule_runner.build_root) / "tree" / name
    path.parent.mkdir()
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as packed:
            for file, text in FILES.items():
                packed.writestr(f"tflm-1.0/{file}", text)
        return
    with tarfile.open(path, "w:gz") as tar:
        for file, text in FILES.items():
            info = tarfile.TarInfo(f"tflm-1.0/{file}")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))


@pytest.mark.parametrize("name", ["folder", "tflm-1.0.zip", "tflm-1.0.tar.gz"])
def test_a_tree_is_the_same_however_it_comes(rule_runner: RuleRunner, name: str) -> None:
    if name == "folder":
        files = {f"tree/vendored/{path}": text for path, text in FILES.items()}
        tree = _find(rule_runner, 'files(name="tree", sources=["vendored/**"])', files)
    else:
        _write_archive(rule_runner, name)
        tree = _find(rule_runner, f'file(name="tree", source="{name}")', {})
    assert tree.sources == ("tflm/tensorflow/lite/micro/micro_interpreter.cc",)
    assert tree.include_dirs == ("tflm", "tflm/third_party/gemmlowp", "tflm/third_party/kissfft")
    assert len(tree.version) == 64
    assert (tree.kernels, tree.defines) == ("reference", ())
    headers = rule_runner.request(Snapshot, [tree.headers]).files
    assert headers == (
        f"tflm/{MARKER}",
        "tflm/third_party/gemmlowp/fixedpoint/fixedpoint.h",
        "tflm/third_party/kissfft/kiss_fft.c",
    )
    whole = rule_runner.request(Snapshot, [tree.digest]).files
    assert set(whole) == {f"tflm/{path}" for path in FILES}


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (
            'files(name="tree", sources=["*.h"])',
            f"mcu:library, field `tflm` = '//tree:tree': `{MARKER}` is not in it, so it "
            "is not a source tree of TFLite Micro: it holds `tree/other.h`",
        ),
        ('file(name="tree", source="tflm.7z")', "An archive's name ends in .zip, .tar.gz"),
        (
            'file(name="tree", source="text.zip")',
            "mcu:library, field `tflm` = '//tree:tree': `tree/text.zip` cannot be unpacked: it is not an "
            "archive in the format `.zip`: it begins with b'a text'",
        ),
        (
            'tflite_file(name="tree", source="model.tflite")',
            "tree:tree is a `tflite_file` target.\n\nFix: Give the address of a `file` or `files`",
        ),
    ],
)
def test_what_is_no_tree(rule_runner: RuleRunner, build: str, expected: str) -> None:
    files = {
        "tree/other.h": "",
        "tree/tflm.7z": "7z",
        "tree/text.zip": "a text",
        "tree/model.tflite": "",
    }
    with pytest.raises(ExecutionError) as raised:
        _find(rule_runner, build, files)
    error = str(raised.value)
    assert expected in error
    assert any(word in error for word in ("create_tflm_tree.py", "target", "Get the archive again"))


def test_the_root_nearest_to_the_top() -> None:
    assert find_root((MARKER, f"copy/{MARKER}")) == ""
    assert find_root((f"a/b/{MARKER}", f"z/{MARKER}")) == "z"
    assert find_root((f"not{MARKER}",)) is None


def test_a_tree_with_cmsis_nn_is_compiled_with_its_headers_and_as_its_makefile_does(
    rule_runner: RuleRunner,
) -> None:
    optimized = {
        "third_party/cmsis/CMSIS/Core/Include/cmsis_gcc.h": "",
        "third_party/cmsis_nn/Include/arm_nnfunctions.h": "",
        "third_party/cmsis_nn/Source/arm_nn.c": "",
    }
    files = {f"tree/vendored/{path}": text for path, text in {**FILES, **optimized}.items()}
    tree = _find(rule_runner, 'files(name="tree", sources=["vendored/**"])', files)
    assert tree.kernels == "cmsis_nn"
    assert tree.include_dirs[-4:] == (
        "tflm/third_party/cmsis",
        "tflm/third_party/cmsis/CMSIS/Core/Include",
        "tflm/third_party/cmsis_nn",
        "tflm/third_party/cmsis_nn/Include",
    )
    assert "tflm/third_party/cmsis_nn/Source/arm_nn.c" in tree.sources
    assert {"CMSIS_NN", "PROJECT_GENERATION"} <= set(tree.defines)


def test_sources_are_those_of_the_library() -> None:
    files = ("b.cc", "a.c", "a.h", "x_test.cc", "examples/e.cc", "third_party/kissfft/kiss_fft.c")
    assert library_sources(files) == ("a.c", "b.cc")
