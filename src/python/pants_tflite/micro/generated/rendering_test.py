# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The library's C++ files and README."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.micro.generated.library import Library
from pants_tflite.micro.generated.readme import render_readme
from pants_tflite.micro.generated.rendering import render_library, render_self_test
from pants_tflite.micro.layouts.catalog import CATALOG
from pants_tflite.micro.layouts.layout import LibraryFiles
from pants_tflite.micro.testing_libraries import (
    files_with_kernels,
    library,
    library_files,
    library_with_kernels,
)

_PROGRAM = """\
#include <cstdint>
#include <cstring>
#include <limits>

#include "pet_mcu/arena.h"
#include "pet_mcu/cats_model.h"
#include "pet_mcu/dogs_model.h"
#include "pet_mcu/tensor_info.h"

namespace {

using pet_mcu::Dequantize;
using pet_mcu::Quantize;
// real = 0.5 * (stored + 128)
constexpr const pet_mcu::TensorInfo& kInput = pet_mcu::cats::kInputs[0];
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

static_assert(kInput.type == pet_mcu::TensorType::kInt8, "");
static_assert(kInput.rank == 4 && kInput.shape[1] == 8 && kInput.elements == 64, "");
static_assert(pet_mcu::cats::kOutputs[0].bytes == 8 && pet_mcu::cats::kOutputs[0].scale == 0.0f, "");
static_assert(Quantize<std::int8_t>(0.0f, kInput) == -128, "");
static_assert(Quantize<std::int8_t>(1.0f, kInput) == -126, "");
static_assert(Quantize<std::int8_t>(1.25f, kInput) == -125, "halves go away from zero");
static_assert(Quantize<std::int8_t>(1.24f, kInput) == -126, "");
static_assert(Quantize<std::int8_t>(-1.0f, kInput) == -128, "");
static_assert(Quantize<std::int8_t>(1e9f, kInput) == 127, "");
static_assert(Quantize<std::int8_t>(kNan, kInput) == -128, "");
static_assert(Quantize<std::uint8_t>(300.0f, kInput) == 255, "");
static_assert(Dequantize<std::int8_t>(-125, kInput) == 1.5f, "");
static_assert(pet_mcu::cats::kArenaSize == 992 && pet_mcu::dogs::kArenaSize == 560, "");
static_assert(pet_mcu::kArenaSize == 992 && pet_mcu::kTotalArenaSize == 1552, "");
static_assert(pet_mcu::kSharedArenaSize == 1360, "");

pet_mcu::Arena<> shared;
pet_mcu::Arena<pet_mcu::dogs::kArenaSize, ARENA_SIZE> own;
static_assert(alignof(decltype(own)) == 16 && sizeof(own) >= ARENA_SIZE, "");
// By its address.
const std::size_t& size = decltype(own)::kSize;

}  // namespace

int main() {
  return std::strcmp(pet_mcu::cats::kLabels[1], "no cat") != 0 || shared.data() == own.data() || size != ARENA_SIZE;
}
"""


def _text(path: str) -> str:
    made = library()
    return dict((*render_library(made), *render_self_test(made)))[path]


def test_the_resolver_has_just_the_ops() -> None:
    source = _text("src/op_resolver.cc")
    assert re.findall(r"resolver\.(\w+)\(\)", source) == ["AddConv2D", "AddSoftmax"]
    assert "kOpCount = 2;" in _text("include/pet_mcu/op_resolver.h")


def test_the_resolver_has_the_kernels_of_custom_ops() -> None:
    rendered = dict(render_library(library_with_kernels()))
    source = rendered["src/op_resolver.cc"]
    assert 'extern "C" const TFLMRegistration* Register_BARK(void);\n' in source
    assert re.findall(r"resolver\.(\w+\(.*\)) !=", source) == [
        "AddConv2D()",
        "AddSoftmax()",
        'AddCustom("Bark", Register_BARK())',
        'AddCustom("Wag", Register_WAG())',
    ]
    assert "kOpCount = 4;" in rendered["include/pet_mcu/op_resolver.h"]


def test_an_arena_that_was_not_measured_says_so() -> None:
    rendered = dict(render_library(library_with_kernels()))
    dogs, cats = (rendered[f"include/pet_mcu/{name}_model.h"] for name in ("dogs", "cats"))
    assert "`arena_size` says: it was not measured" in dogs and "kArenaSize = 4000;" in dogs
    assert "measured with TFLite Micro, is 900 bytes;\n// 10 % are added" in cats
    assert "kArenaSize = 4000;" in rendered["include/pet_mcu/arena.h"]


def test_a_resolver_of_no_ops_is_still_an_array() -> None:
    empty = dataclasses.replace(library(), methods=())
    assert "kOpCount = 1;" in dict(render_library(empty))["include/pet_mcu/op_resolver.h"]


def test_tensors_have_the_names_of_the_signature_that_the_runtime_calls() -> None:
    header = _text("include/pet_mcu/cats_model.h")
    assert '{"image", TensorType::kInt8, 4, {1, 8, 8, 1}, 64, 64, 0.5f, -128}' in header
    assert '{"scores", TensorType::kFloat32, 2, {1, 2}, 2, 8, 0.0f, 0}' in header


def test_the_self_test_runs_every_model() -> None:
    source = _text("self_test/pet_mcu_self_test.cc")
    assert "&cats::kGolden,\n    &dogs::kGolden,\n" in source
    assert "kToleranceLsb = 2;" in source


@pytest.mark.parametrize(
    ("made", "files"),
    [(library(), library_files()), (library_with_kernels(), files_with_kernels("TERMS=7"))],
)
def test_nothing_is_left_to_fill_in(made: Library, files: LibraryFiles) -> None:
    for path, text in (*render_library(made), *render_self_test(made)):
        assert not re.findall(r"@\w+@", text), path
        assert max(len(line) for line in text.splitlines()) <= 110, path
    for name, lay_out in CATALOG.items():
        layout = lay_out(files)
        readme = render_readme(made, files, layout)
        for text in (*layout.texts.values(), readme):
            assert not re.findall(r"@\w+@", text), name


def test_the_readme_lists_models_and_arenas() -> None:
    files = library_files()
    readme = render_readme(library(), files, CATALOG["cmake"](files))
    assert "| `cats` | 1000 | 992 | `image` int8 [1, 8, 8, 1] | `scores` float32 [1, 2] |" in readme
    for name, size in (("kSharedArenaSize", 1360), ("kArenaSize", 992), ("kTotalArenaSize", 1552)):
        assert f"| `{name}` | {size} |" in readme


def test_the_readme_tells_of_kernels() -> None:
    files = files_with_kernels()
    readme = render_readme(library_with_kernels(), files, CATALOG["arduino"](files))
    listed = "  - `src/ops/bark.cpp`\n  - `src/ops/math.c`\n"
    assert (
        f"- The kernels of the custom ops `Bark`, `Wag`, which the op resolver adds:\n{listed}"
        in readme
    )
    assert "The arena of `dogs` is as the library's target says, and not measured" in readme
    assert (
        "The others are measured with TFLite Micro and have a margin of 10 %. Optimized" in readme
    )
    assert "The op resolver has 4 ops" in readme
    plain = render_readme(library(), library_files(), CATALOG["cmake"](library_files()))
    assert "The arenas are measured with TFLite Micro and have a margin of 10 %. Optimized" in plain
    assert "custom op" not in plain


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++ (Debian: g++)")
@pytest.mark.parametrize(
    ("standard", "arena_size", "compiles"),
    [("c++14", 560, True), ("c++20", 560, True), ("gnu++14", 4096, True), ("c++14", 559, False)],
)
def test_headers_compile_and_check_the_arena(
    tmp_path: Path, standard: str, arena_size: int, compiles: bool
) -> None:
    for path, text in render_library(library()):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    (tmp_path / "main.cc").write_text(_PROGRAM)
    flags = [f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-Wpedantic", "-Wconversion"]
    command = ["g++", *flags, f"-DARENA_SIZE={arena_size}", "-Iinclude", "main.cc", "-o", "main"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    if compiles:
        assert run.returncode == 0, run.stderr
        assert subprocess.run([str(tmp_path / "main")]).returncode == 0
    else:
        assert run.returncode != 0
        assert "the arena is smaller than what the model needs" in run.stderr
