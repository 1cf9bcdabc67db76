# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Micro libraries compiled with a TFLite Micro tree: static library, self-test, `pants test`."""

from __future__ import annotations

import re
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.stored_arrays import stored_bytes
from tests.tflm_source_tree import KERNELS, add_tree, needs, needs_tree
from tests.workspace import ROOT, Workspace

HERE = Path(__file__).parent
BUILD = """\
tflite_file(name="sine", source="sine_int8.tflite")
tflite_file(name="accumulator", source="accumulator.tflite")
file(name="no_tree", source="no_tree.txt")
tflite_micro_library(
    name="mcu",
    models=[":sine", ":accumulator"],
    library="compiled",
    cpu="cortex-m4",
    tflm="//tree",
)
tflite_file(name="clustered", source="clustered.tflite")
tflite_micro_library(
    name="packed",
    models=[":clustered"],
    library="packed",
    cpu="cortex-m4",
    tflm="//tree",
    compression="lut",
)
tflite_micro_library(name="source_only", models=[":sine"], cpu="cortex-m4")
tflite_micro_library(name="wrong_tree", models=[":sine"], cpu="cortex-m4", tflm=":no_tree")
"""
FILES = {
    "m/BUILD": BUILD,
    "m/no_tree.txt": "Nothing.\n",
    **{
        f"m/{name}": (HERE / name).read_bytes()
        for name in ("accumulator.tflite", "clustered.tflite", "sine_int8.tflite")
    },
}
INTERPRETER = "tree/tensorflow/lite/micro/micro_interpreter.cc"
BINARIES = ("m/mcu/lib/cortex-m4/libcompiled.a", "m/mcu/lib/cortex-m4/compiled_self_test.elf")

needs_gcc = needs("arm-none-eabi-g++", "gcc-arm-none-eabi")
needs_qemu = needs("qemu-system-arm", "qemu-system-arm")


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    add_tree(workspace)
    return workspace


@pytest.fixture
def restored(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace, whose tree a test may change."""
    before = (workspace.folder / INTERPRETER).read_bytes()
    yield workspace
    workspace.write({INTERPRETER: before})


@needs_gcc
def test_what_is_no_tree_fails_before_anything_is_built(workspace: Workspace) -> None:
    error = workspace.fail("package", "m:wrong_tree")
    assert "m:wrong_tree, field `tflm` = ':no_tree': `tensorflow/lite/micro/" in error
    assert "create_tflm_tree.py" in error
    assert "Measure the model" not in error


def test_a_library_of_sources_has_no_self_test_to_run(workspace: Workspace) -> None:
    run = workspace.succeed("test", "m:source_only")
    assert "Completed: Compile" not in run.stderr
    assert "source_only" not in run.stdout


@needs_tree
@needs_gcc
def test_package_has_binaries_for_the_processor(workspace: Workspace) -> None:
    workspace.succeed("package", "m:mcu")
    before = workspace.dist_hashes()
    assert set(BINARIES) <= set(before)
    library, program = (workspace.folder / "dist" / path for path in BINARIES)
    nm = ["arm-none-eabi-nm", "--defined-only", "--demangle", str(library)]
    symbols = subprocess.run(nm, check=True, capture_output=True, text=True).stdout
    assert "compiled::AddOps" in symbols
    assert "tflite::MicroInterpreter::Invoke()" in symbols
    attributes = subprocess.run(
        ["arm-none-eabi-readelf", "-A", str(program)], check=True, capture_output=True, text=True
    ).stdout
    assert "Tag_CPU_arch: v7E-M" in attributes
    assert "Tag_ABI_VFP_args: VFP registers" in attributes
    manifest = workspace.json("m/mcu/manifest.json")
    assert manifest["platforms"] == ["cortex-m4"]
    assert manifest["tools"]["compiler"].startswith("arm-none-eabi-g")
    assert re.fullmatch("[0-9a-f]{64}", manifest["tools"]["tflm"])
    for content in (library.read_bytes(), program.read_bytes()):
        assert str(workspace.folder).encode() not in content


@needs_tree
@needs_gcc
def test_another_directory_gives_the_same_bytes(
    workspace: Workspace, new_workspace: Callable[..., Workspace]
) -> None:
    workspace.succeed("package", "m:mcu")
    other = new_workspace({**FILES, "tree/BUILD": 'file(name="tree", source="tflm.tar.gz")\n'})
    tar = ["tar", "-czf", str(other.folder / "tree/tflm.tar.gz"), "--exclude=BUILD"]
    subprocess.run([*tar, "-C", str(workspace.folder), "tree"], check=True)
    other.succeed("package", "m:mcu")
    before = workspace.dist_hashes()
    assert other.dist_hashes() == {path: hash for path, hash in before.items() if "mcu" in path}


@needs_tree
@needs_gcc
@needs_qemu
def test_the_self_test_passes_on_the_host_and_in_qemu(workspace: Workspace) -> None:
    run = workspace.succeed("test", "--output=all", "m:mcu")
    assert "the host (linux_x86_64)" in run.stderr
    assert "cortex-m4 in QEMU (mps2-an386)" in run.stderr
    assert run.stderr.count("compiled: PASS, 0 of the outputs failed") == 2
    # The same values in both, and no arena larger than what was measured with wider pointers.
    values = re.findall(r"^ *got (.*)$", run.stderr, re.MULTILINE)
    assert len(values) == 16
    assert values[:8] == values[8:]
    workspace.succeed("package", "m:mcu")
    smallest = {
        model["name"]: model["arena"]["smallest"]
        for model in workspace.json("m/mcu/manifest.json")["models"]
    }
    used = re.findall(r"^ *(\w+)\n *arena: (\d+) of (\d+) bytes", run.stderr, re.MULTILINE)
    assert len(used) == 4
    assert all(int(bytes_used) <= smallest[name] for name, bytes_used, _ in used), used


@needs_tree
@needs_gcc
@needs_qemu
def test_a_compressed_model_computes_the_same_on_the_processor(workspace: Workspace) -> None:
    run = workspace.succeed("test", "--output=all", "m:packed")
    assert run.stderr.count("packed: PASS, 0 of the outputs failed") == 2
    assert "DECODE" in run.stderr
    workspace.succeed("package", "m:packed")
    (model,) = workspace.json("m/packed/manifest.json")["models"]
    used = [int(bytes_used) for bytes_used in re.findall(r"arena: (\d+) of", run.stderr)]
    # Decoded weights are in the arena of the processor as well.
    assert min(used) > model["compression"]["arena_before"]
    assert max(used) <= model["compression"]["arena_after"]


@needs_tree
@needs_gcc
def test_a_wrong_interpreter_fails_and_recompiles_alone(restored: Workspace) -> None:
    text = (restored.folder / INTERPRETER).read_text()
    call = re.search(r"return graph_\.InvokeSubgraph\(0\);", text)
    assert call is not None
    # New in every run, so that no earlier one has it in its cache.
    wrong = f"return kTfLiteOk;  // {uuid.uuid4().hex}"
    restored.write({INTERPRETER: text.replace(call[0], wrong)})
    run = restored.pants("test", "m:mcu")
    assert run.exit_code == 1
    assert "compiled: FAIL" in run.stderr
    compiled = {step for step in run.steps if step.startswith("Compile ")}
    source = "tflm/tensorflow/lite/micro/micro_interpreter.cc"
    assert compiled == {f"Compile {source} for {p}" for p in ("cortex-m4", "linux_x86_64")}


@needs_tree
@needs_gcc
def test_too_much_flash(restored: Workspace) -> None:
    limited = BUILD.replace('tflm="//tree"', 'tflm="//tree", max_flash="20KB"')
    restored.write({"m/BUILD": limited})
    error = restored.fail("package", "m:mcu")
    restored.write({"m/BUILD": BUILD})
    assert "m:mcu, field `max_flash` = '20KB': the bundle takes" in error
    assert f"That is the self-test for cortex-m4 with {KERNELS} kernels" in error


EXAMPLES = {"sine": "int8", "digits": "int8_io"}


@needs_tree
@needs_gcc
@needs_qemu
@pytest.mark.parametrize(
    "cpu",
    [
        "cortex-m4",
        pytest.param(
            "rv32imc",
            marks=[
                needs("riscv64-unknown-elf-g++", "gcc-riscv64-unknown-elf"),
                needs("qemu-system-riscv32", "qemu-system-misc"),
            ],
        ),
    ],
)
def test_examples_print_their_golden_outputs(workspace: Workspace, cpu: str) -> None:
    for name, variant in EXAMPLES.items():
        shutil.copytree(
            ROOT / "models" / name, workspace.folder / "models" / name, dirs_exist_ok=True
        )
        build = workspace.folder / "models" / name / "BUILD"
        target = f"""
tflite_micro_library(
    name="compiled", models=[":tflite@quantization={variant}"], cpu="{cpu}", tflm="//tree"
)
"""
        build.write_text(build.read_text() + target)
        run = workspace.succeed("test", "--output=all", f"models/{name}:compiled")
        workspace.succeed("package", f"models/{name}:tflite@quantization={variant}")
        folder = workspace.folder / f"dist/models.{name}/tflite@quantization={variant}"
        golden = stored_bytes(folder / "golden_output.npz")
        lines = re.findall(r"^ *got (.*)$", run.stderr, re.MULTILINE)
        printed = [[int(value) for value in line.split()] for line in lines]
        assert len(printed) == 2 * len(golden)
        for got, want in zip(printed, golden * 2):
            # Fully connected kernels of LiteRT and TFLite Micro round differently at times.
            assert max(abs(a - b) for a, b in zip(got, want)) <= (1 if name == "sine" else 0)
