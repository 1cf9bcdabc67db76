# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

"""The function is compiled, and called in a process that has a runtime's part of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.custom_ops.registration_code import RegisteredOp, render_adding_function

OPS = (
    RegisteredOp("ScaledAtan", "Register_SCALED_ATAN"),
    RegisteredOp('Käse "\\1" ??/', "Register_KASE", 3),
    RegisteredOp("Another", "Register_KASE"),
)
# Prints what it is told.
RUNTIME = """\
#include <stdint.h>
#include <stdio.h>

struct TfLiteInterpreterOptions { int id; };
struct TfLiteRegistration { const char *id; };

struct TfLiteRegistration *Register_SCALED_ATAN(void) {
  static struct TfLiteRegistration registration = {"atan"};
  return &registration;
}

struct TfLiteRegistration *Register_KASE(void) {
  static struct TfLiteRegistration registration = {"kase"};
  return &registration;
}

void TfLiteInterpreterOptionsAddCustomOp(struct TfLiteInterpreterOptions *options, const char *name,
                                         const struct TfLiteRegistration *registration,
                                         int32_t min_version, int32_t max_version) {
  printf("%d %s %s %d %d\\n", options->id, name, registration->id, min_version, max_version);
}

void Pets_AddCustomOps(struct TfLiteInterpreterOptions *options);

int main(void) {
  struct TfLiteInterpreterOptions options = {7};
  Pets_AddCustomOps(&options);
  return 0;
}
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc (Debian's gcc)")
def test_all_ops_are_added(tmp_path: Path) -> None:
    (tmp_path / "ops.c").write_text(render_adding_function("Pets_AddCustomOps", OPS))
    (tmp_path / "runtime.c").write_text(RUNTIME)
    flags = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wmissing-prototypes")
    subprocess.run(("gcc", *flags, "-c", "ops.c"), check=True, cwd=tmp_path)
    subprocess.run(("gcc", "runtime.c", "ops.o", "-o", "program"), check=True, cwd=tmp_path)
    said = subprocess.run((tmp_path / "program",), check=True, capture_output=True).stdout
    assert said.decode().splitlines() == [
        "7 ScaledAtan atan 1 1",
        '7 Käse "\\1" ??/ kase 1 3',
        "7 Another kase 1 1",
    ]
