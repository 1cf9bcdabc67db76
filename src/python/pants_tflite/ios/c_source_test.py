# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The C that a framework holds, compiled for this machine and asked for what it says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pants_tflite.ios.c_header import render_header, render_module_map
from pants_tflite.ios.c_source import render_source
from pants_tflite.ios.testutil import LABELS, MODELS, SETTINGS, run_in

GCC, GXX = shutil.which("gcc"), shutil.which("g++")
_STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")
needs_gcc = pytest.mark.skipif(not (GCC and GXX), reason="gcc and g++ are not installed")
# Prints one fact a line, each string between brackets.
_PRINTER = """\
#include <inttypes.h>
#include <stdio.h>
#include "PetModels.h"

static void print_tensor(const PetModelsTensorInfo *tensor) {
  printf("[%s] [%s] %zu:", tensor->name, tensor->type, tensor->rank);
  for (size_t i = 0; i < tensor->rank; ++i) printf(" %" PRId32, tensor->shape[i]);
  printf(" | %d %zu:", tensor->quantized_dimension, tensor->quantization_count);
  for (size_t i = 0; i < tensor->quantization_count; ++i)
    printf(" %.9g %" PRId64, tensor->scales[i], tensor->zero_points[i]);
  printf("\\n");
}

int main(void) {
  printf("%s %zu\\n", PetModelsVersion(), PetModelsModelCount());
  for (size_t i = 0; i < PetModelsModelCount(); ++i) {
    const PetModelsModelInfo *model = PetModelsModelAtIndex(i);
    printf("%s %s %s %s %" PRIu64 " %s\\n", model->name, model->file, model->description_file,
           model->labels_file ? model->labels_file : "-", model->bytes, model->sha256);
    for (size_t j = 0; j < model->input_count; ++j) print_tensor(&model->inputs[j]);
    for (size_t j = 0; j < model->output_count; ++j) print_tensor(&model->outputs[j]);
    for (size_t j = 0; j < model->label_count; ++j) printf("[%s]\\n", model->labels[j]);
    printf("%d\\n", PetModelsModelNamed(model->name) == model);
  }
  printf("%d %d\\n", PetModelsModelAtIndex(2) == NULL, PetModelsModelNamed("cats") == NULL);
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "PetModels.h").write_text(render_header(SETTINGS))
    (tmp_path / "PetModels.c").write_text(render_source(SETTINGS, MODELS))
    return tmp_path


@needs_gcc
def test_the_table_says_what_the_models_are(folder: Path) -> None:
    (folder / "main.c").write_text(_PRINTER)
    run_in(folder, GCC, "-std=gnu11", *_STRICT, "PetModels.c", "main.c", "-o", "main")
    assert run_in(folder, "./main") == "\n".join(
        [
            "1.4.0-rc.1 2",
            "cats_vs_dogs cats_vs_dogs.tflite cats_vs_dogs.json cats_vs_dogs.labels.txt 2724752 "
            + "0" * 64,
            "[image] [int8] 4: -1 224 224 3 | -1 1: 0.5 -128",
            "[mask] [bool] 0: | -1 0:",
            '[sco"res',
            f"] [int8] 2: 1 6 | 1 2: 9.99999972e-10 {-(2**63)} 0.25 {2**63 - 1}",
            *(f"[{label}]" for label in LABELS),
            "1",
            "self self.tflite self.json - 912 " + "f" * 64,
            "[y] [float32] 2: -1 1 | -1 0:",
            "1",
            "1 1\n",
        ]
    )


@needs_gcc
@pytest.mark.parametrize(
    "command", [(GCC, "-xc", "-std=c99"), (GXX, "-xc++", "-std=c++11")], ids=["C", "C++"]
)
def test_the_header_stands_alone(folder: Path, command: tuple[str, ...]) -> None:
    (folder / "user").write_text('#include "PetModels.h"\n#include "PetModels.h"\n')
    run_in(folder, *command, *_STRICT, "-fsyntax-only", "user")


@needs_gcc
def test_cpp_calls_it(folder: Path) -> None:
    program = '#include "PetModels.h"\nint main() { return PetModelsModelNamed("self") ? 0 : 1; }\n'
    (folder / "main.cc").write_text(program)
    run_in(folder, GCC, "-c", "PetModels.c")
    run_in(folder, GXX, "main.cc", "PetModels.o", "-o", "main")
    run_in(folder, "./main")


def test_the_module_is_a_framework() -> None:
    module_map = render_module_map(SETTINGS)
    assert module_map.startswith('framework module PetModels {\n  umbrella header "PetModels.h"\n')
