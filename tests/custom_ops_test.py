# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The example with a custom op, from the kernel's sources to verified models, in a workspace."""

from __future__ import annotations

import shutil
import uuid
from typing import Callable, Iterator

import pytest

from tests.workspace import KERNELS_PANTS_RC, Workspace, repository_files

FOLDERS = ("3rdparty/tflite", "models/scaled_atan", "src/cc/ops")
MATH, KERNEL = "src/cc/ops/scaled_atan.c", "src/cc/ops/scaled_atan_tflite.c"
CASES = "src/cc/ops/scaled_atan_cases.py"
NONCE = uuid.uuid4().hex
FILES = repository_files(*FOLDERS)


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace({".pants.rc": KERNELS_PANTS_RC, **FILES})
    workspace.succeed("package", "models/scaled_atan::")
    return workspace


@pytest.fixture
def edit(workspace: Workspace) -> Iterator[Callable[[str, str, str], None]]:
    """Replaces a text in a file, until the test ends."""

    def edit(file: str, old: str, new: str) -> None:
        content = FILES[file].decode()
        assert old in content
        workspace.write({file: content.replace(old, new)})

    yield edit
    workspace.write(FILES)


def test_models_are_verified_with_the_kernel(workspace: Workspace) -> None:
    for mode, dtypes, tolerance in (
        ("float32", {"float32"}, 1e-6),
        ("int8", {"int8", "int32"}, 0.1),
    ):
        description = workspace.json(f"models.scaled_atan/tflite@quantization={mode}/model.json")
        assert set(description["tensor_dtypes"]) == dtypes
        assert description["custom_ops"] == ["ScaledAtan"]
        assert description["verification"]["not_run"] is None
        assert description["verification"]["outputs"][0]["error"] < tolerance
    files = workspace.dist_hashes()
    assert "models.scaled_atan/tflite@quantization=int8/golden_output.npz" in files


def test_run(workspace: Workspace) -> None:
    arguments = ("run", "models/scaled_atan:tflite@quantization=int8", "--", "--input", "[[1.0]]")
    assert "speed = [[" in workspace.succeed(*arguments).stdout


def test_every_bundle_has_the_ops(workspace: Workspace) -> None:
    run = workspace.succeed("lint", "models/scaled_atan::")
    assert "tflite-op-coverage succeeded" in run.stderr
    assert "tflite-portability succeeded" in run.stderr


def test_a_comment_recompiles_one_source_and_stops_there(
    workspace: Workspace, edit: Callable[[str, str, str], None]
) -> None:
    before = workspace.dist_hashes()
    edit(MATH, "#include <math.h>", f"#include <math.h>\n// Remark {NONCE}.")
    steps = workspace.succeed("package", "models/scaled_atan::").steps
    # For this machine, and for the platforms of bundles.
    assert {step.rpartition(" for ")[0] for step in steps} == {f"Compile {MATH}"}
    assert len(steps) == len(set(steps))
    after = workspace.dist_hashes()
    assert set(after) == set(before)
    # The library for microcontrollers has the very source in it, and its manifest lists that.
    library = "models.scaled_atan/mcu"
    assert {path for path in after if after[path] != before[path]} == {
        f"{library}/manifest.json",
        f"{library}/src/kernels/ops/scaled_atan.c",
    }


def test_a_changed_kernel_starts_no_tensorflow_where_no_conversion_used_it(
    workspace: Workspace, edit: Callable[[str, str, str], None]
) -> None:
    edit(MATH, "scale * atanf(input[i])", f"scale * atanf(input[i]) + 0.{int(NONCE[:4], 16) + 1}f")
    run = workspace.pants("package", "models/scaled_atan:tflite@quantization=float32")
    assert run.exit_code != 0
    assert "models/scaled_atan:tflite@quantization=float32, field `quantization`" in run.stderr
    assert "the output `speed` (signature `serving_default`) differs" in run.stderr
    assert not [step for step in run.steps if step.split()[0] in ("Train", "Record", "Convert")]
    assert [step for step in run.steps if step.startswith("Compile")] == [
        f"Compile {MATH} for {_platform(run.steps)}"
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (KERNEL, "Register_SCALED_ATAN(void)", "Register_ATAN(void)", ["`Register_SCALED_ATAN`"]),
        (KERNEL, "c/common.h", "c/uncommon.h", ["`tensorflow/lite/core/c/uncommon.h`"]),
        (MATH, "(float)scale;", "(float)scale", [MATH, "error: expected ';'"]),
        (MATH, "scale * atanf(input[i])", "Atan(input[i])", [MATH, "Atan"]),
        (
            "3rdparty/tflite/BUILD",
            "34b065817e29",
            "34b065817e20",
            ["3rdparty/tflite:runtime, field `sha256`", "6230530 bytes", "34b065817e294e7d"],
        ),
    ],
)
def test_mistakes_are_found_by_check(
    workspace: Workspace,
    edit: Callable[[str, str, str], None],
    file: str,
    old: str,
    new: str,
    expected: list[str],
) -> None:
    edit(file, old, new)
    text = workspace.fail("check", "src/cc/ops::")
    for part in (*expected, "Fix: "):
        assert part in text


def test_kernel_tests(workspace: Workspace, edit: Callable[[str, str, str], None]) -> None:
    target = "src/cc/ops:test@sanitizers=none"
    assert f"{target} succeeded" in workspace.succeed("test", target).stderr
    edit(MATH, "fmaxf(stored, (float)INT8_MIN)", "fmaxf(stored, 0.0f)")
    text = workspace.fail("test", target)
    assert "FAILED int8 scale 0.05 zero point 0: output 0 is 0 at" in text
    assert "passed float32 [2, 3]" in text


def test_cases_that_end_early_are_no_success(
    workspace: Workspace, edit: Callable[[str, str, str], None]
) -> None:
    edit(CASES, "    yield {\n", "    __import__('os')._exit(0)\n    yield {\n")
    text = workspace.fail("test", "src/cc/ops:test@sanitizers=none")
    assert "src/cc/ops:test@sanitizers=none: " in text and "ended before it had finished" in text
    assert "the code that it called ended it" in text


def test_a_sanitizer_sees_what_a_comparison_does_not(
    workspace: Workspace, edit: Callable[[str, str, str], None]
) -> None:
    if shutil.which("g++") is None:
        pytest.skip("GCC (`g++`), which has the sanitizers, is not here")
    loop = "i < count; i++) output[i] = table"
    edit(MATH, loop, loop.replace("<", "<="))
    text = workspace.fail("test", "src/cc/ops:test@sanitizers=address_and_undefined")
    assert "AddressSanitizer: heap-buffer-overflow src/cc/ops/scaled_atan.c" in text


def _platform(steps: list[str]) -> str:
    """What the steps call this machine."""
    return next(step for step in steps if step.startswith("Compile")).rsplit(" for ", 1)[1]
