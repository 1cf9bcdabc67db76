# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Projects of the Pico SDK and of PlatformIO, built to the end as the READMEs of their libraries say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Callable

import pytest

from tests.stored_arrays import stored_bytes
from tests.tflm_source_tree import TREE, needs, needs_tree
from tests.workspace import ROOT, Workspace, code_blocks, run_tool

PICO_SDK = os.environ.get("PICO_SDK_PATH")
# The examples, their variants whose inputs and outputs are int8, and by how much outputs may differ:
# LiteRT and TFLite Micro round differently at times.
EXAMPLES = {"sine": ("int8", 1), "digits": ("int8_io", 0)}
# How many values the models take and yield.
SIZES = {"sine": (1, 1), "digits": (64, 10)}
TARGETS = """
tflite_micro_library(
    name="project",
    models=[":tflite@quantization={variant}"],
    library="{name}_mcu",
    layout=parametrize("pico_sdk", "platformio"),
)
"""
# Runs the README's function for the one model on zeroes.
MAIN = """
#include <cstdio>

int main() {{
  static float input[{inputs}], output[{outputs}];
  if (SetUpModel() != kTfLiteOk || RunModel(input, output) != kTfLiteOk) return 1;
  std::printf("%d\\n", static_cast<int>(output[0] * 1000));
  return 0;
}}
"""
TREE_PLACE = "/path/to/tflm-tree"

needs_pico_sdk = pytest.mark.skipif(PICO_SDK is None, reason="PICO_SDK_PATH names no Pico SDK")
on_each_example = pytest.mark.parametrize("name", EXAMPLES)


def add_examples(workspace: Workspace) -> None:
    for name, (variant, _) in EXAMPLES.items():
        folder = workspace.folder / "models" / name
        shutil.copytree(ROOT / "models" / name, folder)
        build = folder / "BUILD"
        build.write_text(build.read_text() + TARGETS.format(name=name, variant=variant))


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace({})
    add_examples(workspace)
    workspace.succeed("package", *(f"models/{name}:project" for name in EXAMPLES))
    for name, (variant, _) in EXAMPLES.items():
        workspace.succeed("package", f"models/{name}:tflite@quantization={variant}")
    return workspace


def bundle(workspace: Workspace, name: str, layout: str) -> Path:
    return workspace.folder / f"dist/models.{name}/project@layout={layout}"


def blocks(folder: Path, language: str) -> list[str]:
    """The blocks of code of a README, with the tree at its place."""
    found = code_blocks((folder / "README.md").read_text())
    return [block.replace(TREE_PLACE, str(TREE)) for name, block in found if name == language]


def check_outputs(workspace: Workspace, name: str, output: str) -> None:
    """Compares what the self-test printed with the golden vectors that LiteRT wrote."""
    assert f"{name}_mcu: PASS, 0 of the outputs failed" in output
    variant, tolerance = EXAMPLES[name]
    folder = workspace.folder / f"dist/models.{name}/tflite@quantization={variant}"
    golden = stored_bytes(folder / "golden_output.npz")
    printed = [
        [int(value) for value in line.split()]
        for line in re.findall(r"^ *got (.*?)\r?$", output, re.MULTILINE)
    ]
    assert len(printed) == len(golden)
    for got, want in zip(printed, golden):
        assert max(abs(a - b) for a, b in zip(got, want)) <= tolerance


@needs_tree
def test_another_directory_gives_the_same_bytes(
    workspace: Workspace, new_workspace: Callable[..., Workspace]
) -> None:
    other = new_workspace({})
    add_examples(other)
    other.succeed("package", *(f"models/{name}:project" for name in EXAMPLES))
    before = workspace.dist_hashes()
    assert other.dist_hashes() == {path: hash for path, hash in before.items() if "project" in path}


# -----------------------------------------------------------------------------------------------
# The Pico SDK
# -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pico_project(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the libraries of both examples, each as its README says, and with its code.

    What the second README's CMake file says of its own library follows on the first's, with another
    name for the application.
    """
    folder = tmp_path_factory.mktemp("pico")
    shutil.copy(Path(str(PICO_SDK)) / "external/pico_sdk_import.cmake", folder)
    project = ""
    for name, (inputs, outputs) in SIZES.items():
        library = folder / f"{name}_mcu"
        shutil.copytree(bundle(workspace, name, "pico_sdk"), library)
        (cmake,) = blocks(library, "cmake")
        (code,) = blocks(library, "cpp")
        own = cmake[cmake.index("add_subdirectory(") :] if project else cmake
        project += re.sub(r"\bapp(?=[ .)])(?! C CXX)", f"app_{name}", own)
        main = MAIN.format(inputs=inputs, outputs=outputs)
        (folder / f"app_{name}.cc").write_text(code + main)
    (folder / "CMakeLists.txt").write_text(project)
    return folder


@needs_tree
@needs_pico_sdk
@needs("cmake", "cmake")
@needs("arm-none-eabi-g++", "gcc-arm-none-eabi")
def test_a_pico_project_links_for_the_board(pico_project: Path) -> None:
    # Without picotool, which makes a file for drag and drop of it, there is the program itself.
    options = ["-DPICO_NO_PICOTOOL=1", *(f"-D{name.upper()}_MCU_SELF_TEST=ON" for name in EXAMPLES)]
    run_tool("cmake", "-S.", "-Bboard", *options, cwd=pico_project)
    programs = {f"app_{name}": "board" for name in EXAMPLES}
    programs.update((f"{name}_mcu_self_test", f"board/{name}_mcu") for name in EXAMPLES)
    run_tool(
        "cmake", "--build", "board", "--parallel", "2", "--target", *programs, cwd=pico_project
    )
    for program, place in programs.items():
        elf = str(pico_project / place / f"{program}.elf")
        headers = run_tool("arm-none-eabi-readelf", "--file-header", elf, cwd=pico_project)
        assert re.search(r"Machine: +ARM\n", headers)
        # A Cortex-M0+.
        attributes = run_tool("arm-none-eabi-readelf", "-A", elf, cwd=pico_project)
        assert "Tag_CPU_arch: v6S-M" in attributes
        symbols = run_tool("arm-none-eabi-nm", "--demangle", elf, cwd=pico_project)
        assert "tflite::MicroInterpreter::Invoke()" in symbols
        # The SDK's own program start, and the serial port on which the self-test prints.
        assert " _entry_point" in symbols
        assert (" stdio_uart_init" in symbols) == program.endswith("_self_test")
        assert re.search(r"\w+_mcu::\w+::kModel\b", symbols)


@needs_tree
@needs_pico_sdk
@needs("cmake", "cmake")
@on_each_example
def test_a_pico_projects_commands_run_the_self_test_on_the_host(
    workspace: Workspace, pico_project: Path, name: str
) -> None:
    library = pico_project / f"{name}_mcu"
    (commands,) = [block for block in blocks(library, "") if "cmake" in block]
    configure, build, test = (shlex.split(line) for line in commands.splitlines())
    run_tool(*configure, cwd=pico_project)
    run_tool(*build, "--parallel", "2", cwd=pico_project)
    check_outputs(workspace, name, run_tool(*test, cwd=pico_project))


# -----------------------------------------------------------------------------------------------
# PlatformIO
# -----------------------------------------------------------------------------------------------


@needs_tree
@needs("pio", "platformio")
@needs("g++", "g++")
@on_each_example
def test_a_platformio_projects_commands_run_the_self_test(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    base = tmp_path_factory.getbasetemp() / "platformio"
    folder, tree = base / f"{name}_mcu", base / "tflm-tree"
    shutil.copytree(bundle(workspace, name, "platformio"), folder)
    (manifest,) = blocks(folder, "json")
    if not tree.exists():
        shutil.copytree(str(TREE), tree)
        (tree / "library.json").write_text(manifest)
    assert (tree / "library.json").read_text() == manifest
    (commands,) = [block for block in blocks(folder, "") if "pio run" in block]
    commands = commands.replace(str(TREE), str(tree))
    # TFLite Micro is compiled once for both.
    cache = {"PLATFORMIO_BUILD_CACHE_DIR": str(base / "cache")}
    output = run_tool("bash", "-ec", commands, cwd=folder, **cache)
    check_outputs(workspace, name, output)
