# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What adds a framework's custom ops, compiled for this machine and asked what it adds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pants_tflite.custom_ops.registration_code import RegisteredOp
from pants_tflite.ios.c_header import render_header, render_module_map
from pants_tflite.ios.kernels import render_source
from pants_tflite.ios.testutil import SETTINGS, run_in

GCC, GXX = shutil.which("gcc"), shutil.which("g++")
_STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")
pytestmark = pytest.mark.skipif(not (GCC and GXX), reason="gcc and g++ are not installed")
# As TensorFlow Lite's own headers declare it.
_TYPEDEF = "typedef struct TfLiteInterpreterOptions TfLiteInterpreterOptions;\n"
# Stands in for TensorFlow Lite's C library, which does not exist for this machine.
_PROGRAM = """\
#include <stdio.h>
#include "PetModels.h"

typedef struct TfLiteRegistration { int number; } TfLiteRegistration;

TfLiteRegistration *Register_BARK(void) {
  static TfLiteRegistration registration = {7};
  return &registration;
}

TfLiteRegistration *RegisterPurr(void) {
  static TfLiteRegistration registration = {8};
  return &registration;
}

struct TfLiteInterpreterOptions { int count; };

void TfLiteInterpreterOptionsAddCustomOp(struct TfLiteInterpreterOptions *options, const char *name,
                                         const TfLiteRegistration *registration,
                                         int32_t min_version, int32_t max_version) {
  printf("%d [%s] %d %d %d\\n", ++options->count, name, registration->number, min_version,
         max_version);
}

int main(void) {
  struct TfLiteInterpreterOptions options = {0};
  PetModelsAddCustomOps(&options);
}
"""


OPS = (
    RegisteredOp("Bark", "Register_BARK"),
    RegisteredOp('Loud"Bark??/', "Register_BARK", 2),
    RegisteredOp("P", "RegisterPurr"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "PetModels.h").write_text(render_header(SETTINGS, custom_ops=True))
    (tmp_path / "PetModelsCustomOps.c").write_text(render_source(SETTINGS, OPS))
    return tmp_path


def test_every_op_is_added(folder: Path) -> None:
    (folder / "main.c").write_text(_PROGRAM)
    run_in(folder, GCC, "-std=c99", *_STRICT, "PetModelsCustomOps.c", "main.c", "-o", "main")
    assert run_in(folder, "./main").splitlines() == [
        "1 [Bark] 7 1 1",
        '2 [Loud"Bark??/] 7 1 2',
        "3 [P] 8 1 1",
    ]


@pytest.mark.parametrize(
    "command", [(GCC, "-xc", "-std=c99"), (GXX, "-xc++", "-std=c++11")], ids=["C", "C++"]
)
@pytest.mark.parametrize("text", ["{header}", "{typedef}{header}", "{header}{typedef}"])
def test_the_header_agrees_with_tensorflow_lite(
    folder: Path, command: tuple[str, ...], text: str
) -> None:
    header = '#include "PetModels.h"\n'
    add = "void add(struct TfLiteInterpreterOptions *options);\n"
    use = f"{add}void add(struct TfLiteInterpreterOptions *o) {{ PetModelsAddCustomOps(o); }}\n"
    (folder / "user").write_text(text.format(header=header, typedef=_TYPEDEF) + use)
    run_in(folder, *command, *_STRICT, "-fsyntax-only", "user")


def test_without_custom_ops_the_header_has_nothing_of_them() -> None:
    plain, full = render_header(SETTINGS), render_header(SETTINGS, custom_ops=True)
    assert "CustomOp" not in plain and "TfLite" not in plain
    added = full[full.index("struct TfLiteInterpreterOptions;") :]
    added = added[: added.index("#ifdef __cplusplus")]
    assert full.replace(added, "", 1) == plain


def test_the_module_links_what_the_kernels_need() -> None:
    assert "link" not in render_module_map(SETTINGS)
    assert '\n  link "c++"\n}\n' in render_module_map(SETTINGS, links=("c++",))
