# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Micro libraries with the kernel of a custom op: their content, and that they compute."""

from __future__ import annotations

import math
import re
import subprocess
import uuid
from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.tflm_source_tree import add_tree, include_dirs, needs, needs_tree
from tests.workspace import KERNELS_PANTS_RC, ROOT, Workspace, repository_files, run_tool

HERE = Path(__file__).parent
NONCE = uuid.uuid4().hex
OP = "src/cc/ops:scaled_atan"
BUILD = f"""\
tflite_file(name="float", source="float.tflite", custom_ops=["{OP}"])
tflite_file(name="int8", source="int8.tflite", custom_ops=["{OP}"])
tflite_file(name="sine", source="sine.tflite")
tflite_micro_library(
    name="sources",
    models=[":float", ":int8", ":sine"],
    model_names={{":float": "atan_float", ":int8": "atan_int8"}},
    library="atans",
    layout=parametrize("arduino", "cmake", "esp_idf", "zephyr"),
    arena_size="2KiB",
)
tflite_micro_library(
    name="compiled",
    models=[":float", ":int8", ":sine"],
    model_names={{":float": "atan_float", ":int8": "atan_int8"}},
    library="atans",
    cpu="cortex-m4",
    tflm="//tree",
)
"""
MATH, MICRO = "src/cc/ops/scaled_atan.c", "src/cc/ops/scaled_atan_micro.cc"
MICRO_TEST = """
tflite_custom_op_micro_test(
    name="micro_test",
    custom_op=":scaled_atan",
    entry_point="scaled_atan_cases.py:cases",
    tflm="//tree",
)
"""
FILES: dict[str, str | bytes] = {
    ".pants.rc": KERNELS_PANTS_RC,
    "m/BUILD": BUILD,
    "m/float.tflite": (HERE / "one_scaled_atan.tflite").read_bytes(),
    "m/int8.tflite": (HERE / "scaled_atan_int8.tflite").read_bytes(),
    "m/sine.tflite": (HERE / "sine_int8.tflite").read_bytes(),
    **repository_files("3rdparty/tflite", "src/cc/ops"),
}
FILES["src/cc/ops/BUILD"] = (ROOT / "src/cc/ops/BUILD").read_text() + MICRO_TEST
# The options of the two models, and how the int8 one stores real numbers.
FLOAT_SCALE, INT8_SCALE = 0.75, 2.0
INPUT, OUTPUT = (0.05, 17), (0.025, -3)
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wpedantic", "-Wshadow", "-Wconversion")


needs_gcc = needs("arm-none-eabi-g++", "gcc-arm-none-eabi")
needs_qemu = needs("qemu-system-arm", "qemu-system-arm")


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    add_tree(workspace)
    workspace.succeed("package", "m:sources")
    return workspace


@pytest.fixture
def edit(workspace: Workspace) -> Iterator[Callable[[str, str, str], None]]:
    """Replaces a text in a file, until the test ends."""

    def edit(file: str, old: str, new: str) -> None:
        content = FILES[file]
        text = content if isinstance(content, str) else content.decode()
        assert old in text
        workspace.write({file: text.replace(old, new)})

    yield edit
    workspace.write(FILES)


def library(workspace: Workspace, layout: str) -> Path:
    return workspace.folder / "dist" / "m" / f"sources@layout={layout}"


def golden(folder: Path, kind: str) -> list[float]:
    """The values of a model's golden vectors, as the self-test has them."""
    name, array = kind.split("/")
    text = (folder / f"self_test/{name}_golden.cc").read_text()
    found = re.search(rf"k{array}0\[\] = {{(.*?)}};", text, re.DOTALL)
    assert found is not None
    return [float(value) for value in re.findall(r"-?[\d.]+(?:e-?\d+)?", found[1])]


def reference_int8(stored: float) -> int:
    real = INT8_SCALE * math.atan(INPUT[0] * (stored - INPUT[1]))
    return max(-128, min(127, math.floor(real / OUTPUT[0] + 0.5) + OUTPUT[1]))


# -----------------------------------------------------------------------------------------------
# Without a TFLite Micro tree
# -----------------------------------------------------------------------------------------------


def test_each_layout_has_the_kernel(workspace: Workspace) -> None:
    places = {
        "arduino": [
            "src/ops/scaled_atan.c",
            "src/ops/scaled_atan.h",
            "src/ops/scaled_atan_micro.cpp",
        ],
        **{
            layout: [f"src/kernels/ops/scaled_atan{end}" for end in (".c", ".h", "_micro.cc")]
            for layout in ("cmake", "esp_idf", "zephyr")
        },
    }
    for layout, names in places.items():
        folder = library(workspace, layout)
        for place, source in zip(names, (MATH, "src/cc/ops/scaled_atan.h", MICRO)):
            assert (folder / place).read_bytes() == FILES[source], (layout, place)
        assert not list(folder.rglob("*tflite.c")), "the other runtime's variant"


def test_the_manifest_tells_of_kernels_and_of_what_was_not_measured(workspace: Workspace) -> None:
    manifest = workspace.json("m/sources@layout=cmake/manifest.json")
    (op,) = manifest["custom_ops"]
    assert (op["name"], op["address"], op["registration"]) == (
        "ScaledAtan",
        OP,
        "Register_SCALED_ATAN",
    )
    files = {file["path"] for file in manifest["files"]}
    assert [build["file"] for build in op["builds"]] == [
        f"src/kernels/ops/{name}"
        for name in ("flex_map.c", "scaled_atan.c", "scaled_atan_micro.cc")
    ]
    assert {build["file"] for build in op["builds"]} <= files
    arenas = {model["name"]: model["arena"] for model in manifest["models"]}
    assert arenas["atan_int8"]["bytes"] == arenas["atan_float"]["bytes"] == 2048
    assert arenas["atan_int8"]["smallest"] is None
    assert arenas["sine"]["bytes"] >= arenas["sine"]["smallest"] > 0
    by_name = {model["name"]: model["golden"] for model in manifest["models"]}
    assert "wheel cannot load" in by_name["atan_float"]["not_compared"]
    assert by_name["sine"]["not_compared"] is None


def test_golden_vectors_of_the_self_test_are_the_reference(workspace: Workspace) -> None:
    folder = library(workspace, "cmake")
    inputs, outputs = (golden(folder, f"atan_int8/{array}") for array in ("Input", "Output"))
    assert len(inputs) >= 8
    assert [reference_int8(value) for value in inputs] == outputs
    inputs, outputs = (golden(folder, f"atan_float/{array}") for array in ("Input", "Output"))
    expected = [FLOAT_SCALE * math.atan(value) for value in inputs]
    assert outputs == pytest.approx(expected, rel=1e-6)


def test_an_edited_kernel_is_packaged_and_starts_no_other_step_of_the_micro_library(
    workspace: Workspace, edit: Callable[[str, str, str], None]
) -> None:
    edit(MICRO, "namespace {\n", f"// Remark {NONCE}.\nnamespace {{\n")
    assert workspace.succeed("package", "m:sources@layout=zephyr").steps == []
    place = library(workspace, "zephyr") / "src/kernels/ops/scaled_atan_micro.cc"
    assert f"// Remark {NONCE}." in place.read_text()


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "m/BUILD",
            'arena_size="2KiB",\n',
            "\n",
            "m:sources@layout=cmake, field `arena_size`: the tensor arena of atan_float, atan_int8 "
            "cannot be measured",
        ),
        (
            "src/cc/ops/BUILD",
            'micro_dependencies=[":micro"],\n',
            "\n",
            "m:sources@layout=cmake, field `models`: some custom ops of its models have no kernel "
            f"for TensorFlow Lite Micro:\n- atan_float (m:float): ScaledAtan, {OP}",
        ),
        (
            "src/cc/ops/BUILD",
            "quantized=True,",
            'quantized=True, defines=["TERMS=7"],',
            "m:sources@layout=arduino, field `layout` = 'arduino': the kernels of its custom ops "
            "are compiled with the defines TERMS=7",
        ),
    ],
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
    layout = "arduino" if "arduino" in expected else "cmake"
    error = workspace.fail("package", f"m:sources@layout={layout}")
    assert expected in error
    assert "Fix: " in error
    assert "Measure the model" not in error or layout == "arduino"


# -----------------------------------------------------------------------------------------------
# With a TFLite Micro tree
# -----------------------------------------------------------------------------------------------


# Only TFLite Micro's headers: `pants test` runs what these sources compute.
_APPLICATION = f"""\
cmake_minimum_required(VERSION 3.16)
project(application LANGUAGES C CXX)
add_library(tflm INTERFACE)
target_include_directories(tflm SYSTEM INTERFACE {" ".join(include_dirs())})
target_compile_definitions(tflm INTERFACE TF_LITE_STATIC_MEMORY)
add_subdirectory("${{LIBRARY}}" library)
"""


@needs_tree
@needs("cmake", "cmake")
def test_cmake_compiles_the_kernel_with_its_defines(
    workspace: Workspace, edit: Callable[[str, str, str], None], tmp_path: Path
) -> None:
    defines = """quantized=True, defines=['TEXT="a;b"', "SIX=6"],"""
    edit("src/cc/ops/BUILD", "quantized=True,", defines)
    checks = "#if SIX != 6\n#error\n#endif\nstatic_assert(sizeof(TEXT) == 4);\n"
    kernel = FILES[MICRO]
    assert isinstance(kernel, bytes)
    workspace.write({MICRO: checks + kernel.decode()})
    workspace.succeed("package", "m:sources@layout=cmake")
    (tmp_path / "CMakeLists.txt").write_text(_APPLICATION)
    run_tool("cmake", "-S.", "-Bbuild", f"-DLIBRARY={library(workspace, 'cmake')}", cwd=tmp_path)
    run_tool("cmake", "--build", "build", cwd=tmp_path)
    nm = run_tool("nm", "--defined-only", "build/library/libatans.a", cwd=tmp_path)
    assert " T Register_SCALED_ATAN\n" in nm
    assert " T ScaledAtanFloat\n" in nm


@needs_tree
def test_an_arduino_library_compiles_with_src_alone_on_the_path(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = library(workspace, "arduino")
    system = [argument for path in include_dirs() for argument in ("-isystem", path)]
    for source in sorted((folder / "src").rglob("*.c*")):
        is_c = source.suffix == ".c"
        compiler = ("gcc",) if is_c else ("g++", "-std=c++17", "-fno-rtti")
        strict = WARNINGS if "ops" not in source.parts else WARNINGS[:3]
        arguments = ("-c", "-DTF_LITE_STATIC_MEMORY", *strict, f"-I{folder / 'src'}", *system)
        run_tool(*compiler, *arguments, str(source), cwd=tmp_path)
    assert len(list(tmp_path.glob("*.o"))) == 7


@needs_tree
@needs_gcc
def test_package_measures_and_compiles(workspace: Workspace) -> None:
    workspace.succeed("package", "m:compiled")
    manifest = workspace.json("m/compiled/manifest.json")
    models = {model["name"]: model for model in manifest["models"]}
    for name in ("atan_float", "atan_int8"):
        arena, compared = models[name]["arena"], models[name]["golden"]
        assert arena["bytes"] > arena["smallest"] > 512
        assert arena["measured_on"]["runtime"] == "tflm"
        assert arena["measured_on"]["version"] == manifest["tools"]["tflm"]
        assert compared["not_compared"] is None and compared["calls"] == 4
        assert compared["outputs"][0]["largest_difference"] < 1e-6
    assert models["atan_int8"]["golden"]["outputs"][0]["exact"]
    assert models["sine"]["arena"]["measured_on"]["runtime"] == "tflite-micro"
    (op,) = manifest["custom_ops"]
    *_, built = op["builds"]
    assert (built["file"], built["platform"]) == ("lib/cortex-m4/libatans.a", "cortex-m4")
    assert built["toolchain"].startswith("arm-none-eabi-g")
    archive = str(workspace.folder / "dist/m/compiled" / built["file"])
    nm = ("arm-none-eabi-nm", "--defined-only", archive)
    symbols = subprocess.run(nm, check=True, capture_output=True, text=True).stdout
    for symbol in ("Register_SCALED_ATAN", "ScaledAtanInt8", "FlexMapNumber"):
        assert re.search(rf" T {symbol}$", symbols, re.MULTILINE), symbol


@needs_tree
@needs_gcc
@needs_qemu
def test_the_host_and_a_cortex_m_yield_the_reference(workspace: Workspace) -> None:
    run = workspace.succeed("test", "--output=all", "m:compiled")
    assert run.stderr.count("atans: PASS, 0 of the outputs failed") == 2
    workspace.succeed("package", "m:compiled")
    folder = workspace.folder / "dist/m/compiled"
    inputs = {name: golden(folder, f"{name}/Input") for name in ("atan_float", "atan_int8")}
    host, board = re.split(r"^cortex-m4 in QEMU \(mps2-an386\): ", run.stderr, flags=re.MULTILINE)
    manifest = workspace.json("m/compiled/manifest.json")
    smallest = {model["name"]: model["arena"]["smallest"] for model in manifest["models"]}
    for output in (host, board):
        parts = re.split(r"^ *(atan_float|atan_int8|sine)$", output, flags=re.MULTILINE)
        printed = {
            name: [
                [float(value) for value in line.split()]
                for line in re.findall(r"^ *got (.*)$", text, re.MULTILINE)
            ]
            for name, text in zip(parts[1::2], parts[2::2])
        }
        used = dict(re.findall(r"^ *(\w+)\n *arena: (\d+) of", output, re.MULTILINE))
        assert {name: len(calls) for name, calls in printed.items()} == {
            "atan_float": 4,
            "atan_int8": 4,
            "sine": 4,
        }
        assert all(int(used[name]) <= smallest[name] for name in printed), (used, smallest)
        stored = [value for call in printed["atan_int8"] for value in call]
        assert stored == [reference_int8(value) for value in inputs["atan_int8"]]
        real = [value for call in printed["atan_float"] for value in call]
        expected = [FLOAT_SCALE * math.atan(value) for value in inputs["atan_float"]]
        assert real == pytest.approx(expected, rel=1e-6)


@needs_tree
def test_kernel_tests_of_the_micro_variant(
    workspace: Workspace, edit: Callable[[str, str, str], None]
) -> None:
    target = "src/cc/ops:micro_test"
    run = workspace.succeed("test", "--output=all", target)
    assert "passed float32 [2, 3] scale 0.5" in run.stderr
    assert "passed int8 scale 0.4 zero point 17" in run.stderr
    assert "left out float32 [0, 3] scale 0.5: TFLite Micro has no tensors without" in run.stderr
    edit(MICRO, "ScaledAtanFloat(data->scale,", "ScaledAtanFloat(data->scale + 1,")
    error = workspace.fail("test", target)
    assert "FAILED float32 [2, 3] scale 0.5: output 0 is " in error
    assert "passed int8 scale 0.4 zero point 17" in error
    edit(MICRO, "if (input->type == kTfLiteInt8) {", "if (input->type == kTfLiteInt16) {")
    error = workspace.fail("test", target)
    assert "FAILED int8 scale 0.4 zero point 17: TFLite Micro could not run it: " in error


@needs_tree
@needs_gcc
def test_an_edit_compiles_one_source_for_each_platform(
    workspace: Workspace, edit: Callable[[str, str, str], None]
) -> None:
    workspace.succeed("package", "m:compiled")
    before = workspace.dist_hashes()
    edit(MICRO, "namespace {\n", f"// Remark {NONCE}.\nnamespace {{\n")
    steps = workspace.succeed("package", "m:compiled").steps
    assert [step for step in steps if step.startswith(("Compile", "Measure", "Link"))] == [
        f"Compile {MICRO} for cortex-m4",
        f"Compile {MICRO} for linux_x86_64",
    ]
    archive = "m/compiled/lib/cortex-m4/libatans.a"
    assert workspace.dist_hashes()[archive] == before[archive]


@needs_tree
@needs_gcc
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('extern "C" const', "const", ["needs `Register_SCALED_ATAN`, which nothing defines"]),
        ("data->scale = Scaled", "data->size = Scaled", [MICRO, "no member named 'size'"]),
        ("kernel_util.h", "kernel_tool.h", [f"{MICRO}` includes `tensorflow/lite/micro/kernels/"]),
        (
            "return input->type == kTfLiteFloat32 ? kTfLiteOk",
            "return input->type == kTfLiteInt16 ? kTfLiteOk",
            ["m:compiled, field `models`: TFLite Micro", "- m:float: "],
        ),
        (
            "ScaledAtanFloat(data->scale,",
            "ScaledAtanFloat(data->scale + 1,",
            ["yields another output `output_0` of m:float than LiteRT's reference kernels"],
        ),
    ],
)
def test_mistakes_in_a_kernel(
    workspace: Workspace,
    edit: Callable[[str, str, str], None],
    old: str,
    new: str,
    expected: list[str],
) -> None:
    edit(MICRO, old, new)
    error = workspace.fail("package", "m:compiled")
    for part in (*expected, "Fix: "):
        assert part in error
