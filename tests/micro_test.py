# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Micro libraries: their content, that they compile and compute, and what is refused."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.tflm_source_tree import TREE, include_dirs, needs, needs_tree
from tests.workspace import Workspace, code_blocks, run_tool

HERE = Path(__file__).parent
LAYOUTS = ("arduino", "cmake", "esp_idf", "pico_sdk", "platformio", "zephyr")
BUILD = """\
tflite_file(name="sine", source="sine_int8.tflite")
tflite_file(name="accumulator", source="accumulator.tflite")
tflite_file(name="lacking", source="lacking_ops.tflite")
file(name="labels", source="labels.txt")

tflite_micro_library(
    name="mcu",
    models=[":sine", ":accumulator"],
    labels={"accumulator": ":labels"},
    library="two_models",
    layout=parametrize("arduino", "cmake", "esp_idf", "pico_sdk", "platformio", "zephyr"),
    max_arena="4KB",
    max_flash="5KB",
)
"""
FILES: dict[str, str | bytes] = {
    "m/BUILD": BUILD,
    "m/labels.txt": "left\nright\n",
    **{
        f"m/{name}": (HERE / name).read_bytes()
        for name in ("accumulator.tflite", "lacking_ops.tflite", "sine_int8.tflite")
    },
}
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wpedantic", "-Wshadow", "-Wconversion")


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    workspace.succeed("package", "m:mcu")
    return workspace


@pytest.fixture
def restored(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace, whose files a test may change."""
    yield workspace
    workspace.write(FILES)


def library(workspace: Workspace, layout: str) -> Path:
    return workspace.folder / "dist" / "m" / f"mcu@layout={layout}"


def test_each_layout_has_its_files(workspace: Workspace) -> None:
    expected = {
        "arduino": ["library.properties", "examples/SelfTest/SelfTest.ino", "src/two_models.h"],
        "cmake": ["CMakeLists.txt", "self_test/main.cc", "include/two_models.h"],
        "esp_idf": ["CMakeLists.txt", "Kconfig", "idf_component.yml", "include/two_models.h"],
        "pico_sdk": ["CMakeLists.txt", "self_test/main.cc", "include/two_models.h"],
        "platformio": ["library.json", "examples/self_test/platformio.ini", "include/two_models.h"],
        "zephyr": ["CMakeLists.txt", "Kconfig", "zephyr/module.yml", "include/two_models.h"],
    }
    for layout, names in expected.items():
        for name in (*names, "README.md", "manifest.json", "models/sine.tflite"):
            assert (library(workspace, layout) / name).is_file(), (layout, name)


def test_every_layout_has_the_same_code(workspace: Workspace) -> None:
    found = {}
    for layout in LAYOUTS:
        sources = library(workspace, layout).rglob("*.c*")
        found[layout] = {
            path.stem: sha256(path.read_bytes()).hexdigest()
            for path in sources
            if path.suffix in (".cc", ".cpp") and path.stem != "main"
        }
    assert len(found["cmake"]) == 6
    assert all(code == found["cmake"] for code in found.values())


def test_manifests_name_the_runtime_of_their_layout(workspace: Workspace) -> None:
    names = {}
    for layout in LAYOUTS:
        manifest = workspace.json(f"m/mcu@layout={layout}/manifest.json")
        names[layout] = manifest.get("runtime", {}).get("name")
    assert names == {
        "arduino": None,
        "cmake": None,
        "esp_idf": "espressif/esp-tflite-micro",
        "pico_sdk": "raspberrypi/pico-tflmicro",
        "platformio": None,
        "zephyr": "zephyrproject-rtos/tflite-micro",
    }


def test_manifest(workspace: Workspace) -> None:
    manifest = workspace.json("m/mcu@layout=cmake/manifest.json")
    assert (manifest["kind"], manifest["name"]) == ("tflite_micro_library", "two_models")
    accumulator, sine = manifest["models"]
    assert sine["arena"]["bytes"] >= sine["arena"]["smallest"] > 0
    assert sine["arena"]["bytes"] % 16 == 0
    assert sine["golden"]["calls"] == 4
    assert accumulator["labels"]["count"] == 2
    assert "tflite-micro" in manifest["tools"]
    folder = library(workspace, "cmake")
    for file in manifest["files"]:
        content = (folder / file["path"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), sha256(content).hexdigest())
    on_disk = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {file["path"] for file in manifest["files"]} == on_disk - {"manifest.json"}


def test_the_arena_in_the_header_is_the_measured_one(workspace: Workspace) -> None:
    models = workspace.json("m/mcu@layout=cmake/manifest.json")["models"]
    arenas = [model["arena"]["bytes"] for model in models]
    header = (library(workspace, "cmake") / "include/two_models/arena.h").read_text()
    sizes = dict(re.findall(r"size_t (\w+) = (\d+);", header))
    assert sizes["kArenaSize"] == str(max(arenas))
    assert sizes["kTotalArenaSize"] == str(sum(arenas))


@needs("g++", "g++")
def test_the_arrays_are_the_models(workspace: Workspace, tmp_path: Path) -> None:
    folder = library(workspace, "cmake")
    program = """\
#include "two_models/accumulator_model.h"
#include "two_models/sine_model.h"
#include <cstdint>
#include <cstdio>
#include <cstring>
int main() {
  using namespace two_models;
  static_assert(sizeof(accumulator::kLabels) / sizeof(accumulator::kLabels[0]) == 2, "");
  if (std::strcmp(accumulator::kLabels[1], "right") != 0) return 1;
  if (reinterpret_cast<std::uintptr_t>(sine::kModel) % 16 != 0) return 2;
  if (accumulator::kResourceVariables != 1 || sine::kResourceVariables != 0) return 3;
  std::fwrite(sine::kModel, 1, sine::kModelSize, stdout);
  return 0;
}
"""
    (tmp_path / "main.cc").write_text(program)
    sources = [str(folder / "src" / f"{name}_model.cc") for name in ("accumulator", "sine")]
    run_tool(
        "g++",
        "-std=c++14",
        *WARNINGS,
        f"-I{folder / 'include'}",
        *sources,
        "main.cc",
        "-omain",
        cwd=tmp_path,
    )
    output = subprocess.run([str(tmp_path / "main")], stdout=subprocess.PIPE, check=True).stdout
    assert output == FILES["m/sine_int8.tflite"]


def test_changed_labels_build_the_bundle_only(restored: Workspace) -> None:
    restored.write({"m/labels.txt": "links\nrechts\n"})
    assert restored.succeed("package", "m:mcu").steps == []
    header = library(restored, "cmake") / "include/two_models/accumulator_model.h"
    assert '"links",\n    "rechts",' in header.read_text()


def test_a_model_that_the_runtime_lacks_ops_for(restored: Workspace) -> None:
    edited = BUILD.replace('models=[":sine", ', 'models=[":lacking", ')
    restored.write({"m/BUILD": edited})
    error = restored.fail("package", "m:mcu@layout=cmake")
    assert "m:mcu@layout=cmake, field `models`" in error
    assert re.search(r"m:lacking: GELU \(2 times\).*SIGN", error)


def test_an_arena_over_the_limit(restored: Workspace) -> None:
    restored.write({"m/BUILD": BUILD.replace('max_arena="4KB"', 'max_arena="1KB"')})
    error = restored.fail("package", "m:mcu@layout=cmake")
    assert "m:mcu@layout=cmake, field `max_arena` = '1KB'" in error
    assert re.search(
        r"which is [\d,]+ bytes too many.* Its largest tensor is .*, of \d+ bytes", error
    )


def test_models_over_the_limit(restored: Workspace) -> None:
    restored.write({"m/BUILD": BUILD.replace('max_flash="5KB"', 'max_flash="4KB"')})
    error = restored.fail("package", "m:mcu@layout=cmake")
    assert "m:mcu@layout=cmake, field `max_flash` = '4KB'" in error
    assert "768 bytes too many (accumulator 1,480, sine 3,288)" in error


# -----------------------------------------------------------------------------------------------
# With a TFLite Micro tree
# -----------------------------------------------------------------------------------------------

# Runs both models of the README's code, in turn: the sine twice, and the accumulator, which adds up what
# it gets, with a fresh start before the last run.
_DRIVER = """
#include <cmath>
#include <cstdio>

namespace {

int Check(const char* what, float got, float want, float tolerance) {
  std::printf("%s: %f, not far from %f\\n", what, static_cast<double>(got), static_cast<double>(want));
  return std::fabs(got - want) <= tolerance ? 0 : 1;
}

}  // namespace

int main() {
  if (SetUpModels() != kTfLiteOk) return 10;
  const float angle = 1.5f, numbers[2] = {1.0f, 2.0f};
  float sine = 0.0f, total[2] = {};
  int failures = 0;
  for (int run = 1; run < 4; ++run) {
    if (RunSine(&angle, &sine) != kTfLiteOk) return 11;
    failures += Check("sine", sine, std::sin(angle), 0.1f);
    if (RunAccumulator(numbers, total) != kTfLiteOk) return 12;
    failures += Check("total", total[1], 2.0f * static_cast<float>(run), 0.0f);
  }
  if (SetUpModels() != kTfLiteOk || RunAccumulator(numbers, total) != kTfLiteOk) return 13;
  failures += Check("total", total[1], 2.0f, 0.0f);
  const unsigned used = static_cast<unsigned>(sine_interpreter->arena_used_bytes());
  const unsigned later = static_cast<unsigned>(accumulator_interpreter->arena_used_bytes());
  std::printf("%u of %u bytes\\n", used > later ? used : later,
              static_cast<unsigned>(two_models::kSharedArenaSize));
  return failures;
}
"""


def readme_of(folder: Path) -> str:
    return (folder / "README.md").read_text()


def readme_commands(folder: Path) -> list[list[str]]:
    """What the README says to run for the self-test, with the tree at its place."""
    (block,) = [block for _, block in code_blocks(readme_of(folder)) if block.startswith("cmake ")]
    lines = block.replace("/path/to/tflm-tree", str(TREE)).splitlines()
    return [line.split() for line in lines]


@pytest.fixture(scope="module")
def built(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the library, configured and built as its README says."""
    folder = tmp_path_factory.mktemp("application") / "two_models"
    shutil.copytree(library(workspace, "cmake"), folder)
    configure, build, _ = readme_commands(folder)
    run_tool(*configure, cwd=folder)
    run_tool(*build, "--parallel", "2", cwd=folder)
    return folder


@needs_tree
@needs("cmake", "cmake")
def test_cmake_builds_and_the_self_test_passes(built: Path) -> None:
    *_, test = readme_commands(built)
    output = run_tool(*test, cwd=built)
    assert "two_models: PASS, 0 of the outputs failed" in output
    assert output.count("PASS: output_0 differs by") == 4
    assert output.count("PASS: total differs by 0.000000e0 of the largest value") == 4


@needs_tree
@needs("cmake", "cmake")
def test_the_readme_code_runs_models_in_one_arena(built: Path, tmp_path: Path) -> None:
    (code,) = re.findall("```cpp\n(.*?)```", readme_of(built), re.DOTALL)
    (tmp_path / "main.cc").write_text(code + _DRIVER)
    system = include_dirs()
    run_tool(
        *("g++", "-std=c++17", "-O1", "-DTF_LITE_STATIC_MEMORY", *WARNINGS, "main.cc", "-omain"),
        f"-I{built / 'include'}",
        *(argument for path in system for argument in ("-isystem", path)),
        *(f"{built / 'build' / archive}" for archive in ("libtwo_models.a", "libtflm.a")),
        cwd=tmp_path,
    )
    output = run_tool(str(tmp_path / "main"), cwd=tmp_path)
    used, reserved = re.findall(r"^(\d+) of (\d+) bytes$", output, re.MULTILINE)[0]
    manifest = json.loads((built / "manifest.json").read_text())
    assert int(used) <= int(reserved) == manifest["shared_arena"]["bytes"]
    assert int(reserved) < sum(model["arena"]["bytes"] for model in manifest["models"])


@needs_tree
@needs("cmake", "cmake")
def test_a_wrong_output_fails_the_self_test(built: Path) -> None:
    golden = built / "self_test/sine_golden.cc"
    text = golden.read_text()
    start = text.index("kOutput0[] = {\n") + len("kOutput0[] = {\n")
    values = [int(value) for value in text[start : text.index("}", start)].split(",")[:-1]]
    wrong = "".join(f"{value - 100 if value > 0 else value + 100}, " for value in values)
    try:
        golden.write_text(f"{text[:start]}{wrong}{text[text.index('}', start):]}")
        run_tool("cmake", "--build", "build", "--parallel", "2", cwd=built)
        program = built / "build/two_models_self_test"
        done = subprocess.run([str(program)], capture_output=True, text=True)
    finally:
        golden.write_text(text)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert said.count("FAIL: output_0 differs by") == 4
    assert "two_models: FAIL, 4 of the outputs failed" in said


# The newest TFLite Micro itself needs C++17, of which its headers use these two names. Older ones, as in
# Arduino libraries, do not.
_NAMES_OF_CPP17 = """\
#include <type_traits>
namespace std {
template <typename T>
constexpr bool is_integral_v = is_integral<T>::value;
template <typename T, typename U>
constexpr bool is_same_v = is_same<T, U>::value;
}
"""


@needs_tree
@needs("arm-none-eabi-g++", "gcc-arm-none-eabi")
@pytest.mark.parametrize("standard", ["gnu++14", "c++20"])
def test_the_code_compiles_for_cortex_m(
    workspace: Workspace, tmp_path: Path, standard: str
) -> None:
    folder = library(workspace, "cmake")
    system = include_dirs()
    (tmp_path / "names.h").write_text(_NAMES_OF_CPP17 if standard == "gnu++14" else "")
    run_tool(
        *("arm-none-eabi-g++", f"-std={standard}", "-Os", "-mcpu=cortex-m4", "-mthumb", "-c"),
        *("-fno-rtti", "-fno-exceptions", "-DTF_LITE_STATIC_MEMORY", *WARNINGS),
        *("-include", "names.h"),
        *(f"-I{folder / name}" for name in ("include", "self_test")),
        *(argument for path in system for argument in ("-isystem", path)),
        *(str(path) for name in ("src", "self_test") for path in (folder / name).glob("*.cc")),
        cwd=tmp_path,
    )
    assert len(list(tmp_path.glob("*.o"))) == 7


@needs_tree
@needs("arm-none-eabi-g++", "gcc-arm-none-eabi")
def test_an_arduino_library_compiles_as_cores_compile_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    """As the cores do: in gnu++14, with only `src` and the sketch's own folder on the include path."""
    folder = library(workspace, "arduino")
    sketch = folder / "examples/SelfTest"
    system = include_dirs()
    (tmp_path / "names.h").write_text(_NAMES_OF_CPP17)
    sources = [*(folder / "src").rglob("*.cpp"), *sketch.glob("*.cpp")]
    run_tool(
        *("arm-none-eabi-g++", "-std=gnu++14", "-Os", "-mcpu=cortex-m4", "-mthumb", "-c"),
        *("-fno-rtti", "-fno-exceptions", "-DARDUINO=10819", *WARNINGS, "-include", "names.h"),
        *(f"-I{path}" for path in (folder / "src", sketch)),
        *(argument for path in system for argument in ("-isystem", path)),
        *(str(path) for path in sources),
        cwd=tmp_path,
    )
    assert len(list(tmp_path.glob("*.o"))) == len(sources) == 6
