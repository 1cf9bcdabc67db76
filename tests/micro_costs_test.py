# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What models cost on a microcontroller: instructions, flash and RAM, and the budgets for them."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.tflm_source_tree import KERNELS, TREE, add_tree
from tests.workspace import Workspace

HERE = Path(__file__).parent
BUILD = """\
tflite_file(name="sine", source="sine_int8.tflite")
tflite_file(name="planted", source="planted_int8.tflite")
tflite_board(name="small", flash="4KB", ram="8KB", cpu="cortex-m4")
tflite_board(name="tiny", flash="1KB", ram="256B")
tflite_board(name="big", flash="1MiB", ram="128KiB", cpu="cortex-m4")
tflite_micro_library(
    name="mcu", models=[":sine"], library="costs", cpu="cortex-m4", tflm="//tree", boards=[":big"]
)
tflite_micro_library(name="sources", models=[":sine"], library="sources", boards=[":small"])
"""
FILES = {
    "m/BUILD": BUILD,
    **{
        f"m/{name}": (HERE / name).read_bytes()
        for name in ("planted_int8.tflite", "sine_int8.tflite")
    },
}
MANIFEST = "m/mcu/manifest.json"

needs_tree = pytest.mark.skipif(
    TREE is None
    or shutil.which("arm-none-eabi-g++") is None
    or shutil.which("qemu-system-arm") is None,
    reason="it needs a TFLite Micro tree that PANTS_TFLITE_TFLM_TREE names, arm-none-eabi-g++ "
    "(Debian: gcc-arm-none-eabi) and qemu-system-arm",
)


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    add_tree(workspace)
    return workspace


@pytest.fixture
def busy() -> Iterator[None]:
    """A machine with more to do than it can."""
    loop = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(loop) for _ in range(2 * (os.cpu_count() or 1))]
    yield
    for process in processes:
        process.kill()
        process.wait()


def test_boards_are_compared_with_models_where_there_is_no_code(workspace: Workspace) -> None:
    run = workspace.succeed("tflite-fit", "m:sources", "m:small")
    _, row = run.stdout.splitlines()
    assert row.split()[:5] == ["m:sources", "m:small", "3,288", "of", "4,000"]
    assert row.endswith("models and arena  as far as known")


def test_a_board_that_is_named_and_too_small_fails_the_build_and_the_goal(
    workspace: Workspace,
) -> None:
    named = BUILD.replace('boards=[":small"]', 'boards=[":tiny"]')
    workspace.write({"m/BUILD": named})
    error = workspace.fail("package", "m:sources")
    run = workspace.pants("tflite-fit", "--tflite-fit-format=json", "m:sources", "m:tiny")
    workspace.write({"m/BUILD": BUILD})
    assert "m:sources, field `boards`" in error
    assert "- m:tiny: flash 3,288 bytes, 2,288 bytes too many; RAM" in error
    assert run.exit_code == 1
    (fit,) = json.loads(run.stdout)
    assert (fit["board"]["address"], fit["is_named"]) == ("m:tiny", True)
    # One that no library names may be too small.
    assert workspace.pants("tflite-fit", "m:sources", "m:tiny").exit_code == 0


def test_a_limit_without_a_processor_is_an_error_before_anything_runs(
    workspace: Workspace,
) -> None:
    limited = BUILD.replace('library="sources"', 'library="sources", max_instructions="4M"')
    workspace.write({"m/BUILD": limited})
    error = workspace.fail("package", "m:sources")
    workspace.write({"m/BUILD": BUILD})
    assert "m:sources, field `max_instructions` = '4M': instructions are counted in" in error


@needs_tree
def test_the_manifest_says_what_a_model_costs(workspace: Workspace) -> None:
    run = workspace.succeed("package", "m:mcu")
    manifest = workspace.json(MANIFEST)
    (sine,) = manifest["models"]
    counted = sine["instructions"]
    assert (counted["cpu"], counted["kernels"], counted["calls"]) == ("cortex-m4", KERNELS, 4)
    assert [op["op"] for op in counted["ops"]] == ["FULLY_CONNECTED"] * 3
    # The last op makes the output, whose name tells no layer.
    assert [bool(op["layer"]) for op in counted["ops"]] == [True, True, False]
    ops = sum(op["instructions"] for op in counted["ops"])
    # The rest is the interpreter's own.
    assert 0.7 * counted["invoke"] < ops < 1.1 * counted["invoke"]
    assert counted["allocate_tensors"] > counted["invoke"] > 1000
    assert manifest["tools"]["qemu"].startswith("QEMU emulator version ")
    memory = manifest["memory"]
    parts = memory["parts"]
    assert parts["models"] == {"text": 0, "rodata": 3288, "data": 0, "bss": 0}
    assert parts["arena"]["bss"] == sine["arena"]["bytes"]
    assert min(parts["kernels"]["text"], parts["runtime"]["text"]) > 1000
    assert memory["flash"] == sum(p["text"] + p["rodata"] + p["data"] for p in parts.values())
    assert memory["ram"] == sum(p["data"] + p["bss"] for p in parts.values())
    assert f"sine: {counted['invoke']:,} instructions for a call at most (4 counted)" in run.stderr


@needs_tree
def test_counts_are_the_same_in_another_directory_and_beside_a_busy_machine(
    workspace: Workspace, new_workspace: Callable[..., Workspace], busy: None
) -> None:
    workspace.succeed("package", "m:mcu")
    before = (workspace.folder / "dist" / MANIFEST).read_bytes()
    other = new_workspace(FILES)
    add_tree(other)
    # A part of the process, so that it runs again.
    seconds = f"--tflite-micro-self-test-timeout-seconds={random.randint(1000, 10**6)}"
    run = other.succeed(seconds, "package", "m:mcu")
    assert [step for step in run.steps if step.startswith("Count the instructions of m:mcu")]
    assert (other.folder / "dist" / MANIFEST).read_bytes() == before


@needs_tree
def test_a_planted_layer_is_caught_with_its_op(workspace: Workspace) -> None:
    workspace.succeed("package", "m:mcu")
    (sine,) = workspace.json(MANIFEST)["models"]
    limit = f"{sine['instructions']['invoke'] + 500}"
    limited = BUILD.replace('library="costs"', f'library="costs", max_instructions="{limit}"')
    workspace.write({"m/BUILD": limited})
    workspace.succeed("package", "m:mcu")
    shutil.rmtree(workspace.folder / "dist")
    workspace.write({"m/BUILD": limited.replace('[":sine"]', '[":planted"]')})
    error = workspace.fail("package", "m:mcu")
    test = workspace.pants("test", "m:mcu")
    workspace.write({"m/BUILD": BUILD})
    assert f"m:mcu, field `max_instructions` = '{limit}': a call of planted takes" in error
    assert "are those of FULLY_CONNECTED, op 1 in the layer `" in error
    assert "planted" in error.partition("in the layer `")[2].partition("`")[0]
    assert test.exit_code == 1
    assert f"FAIL: m:mcu, field `max_instructions` = '{limit}'" in test.stderr


@needs_tree
def test_code_counts_in_limits_and_boards(workspace: Workspace) -> None:
    limited = BUILD.replace('library="costs"', 'library="costs", max_flash="20KB"')
    workspace.write({"m/BUILD": limited})
    error = workspace.fail("package", "m:mcu")
    workspace.write({"m/BUILD": limited.replace("max_flash", "max_ram").replace("20KB", "2500B")})
    memory = workspace.fail("package", "m:mcu")
    workspace.write({"m/BUILD": BUILD})
    assert "m:mcu, field `max_flash` = '20KB': the bundle takes" in error
    assert f"That is the self-test for cortex-m4 with {KERNELS} kernels" in error
    assert "m:mcu, field `max_ram` = '2500B': the bundle takes" in memory
    run = workspace.succeed("tflite-fit", "m:mcu", "m:big", "m:small", "m:tiny")
    _, big, small, tiny = run.stdout.splitlines()
    assert big.endswith(f"all, cortex-m4, {KERNELS} kernels  yes")
    assert "m:small (not named)" in small and "no: flash" in small
    # It names no processor, so that the library's own counts.
    assert "m:tiny (not named)" in tiny and f"all, cortex-m4, {KERNELS} kernels  no: flash" in tiny
