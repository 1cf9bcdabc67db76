# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A kernel for tests: the op `Twice`, y = 2 x, in float32 and int8, built by the machine's compiler.

Its source itself declares what it needs of TensorFlow Lite's C API, so it needs no headers.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel

OP = "Twice"
REGISTRATION = "Register_TWICE"
SOURCE = """\
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct { int size; int data[]; } IntArray;
typedef struct {
  int type;
  void *data;
  IntArray *dims;
  uint64_t others[11];
} Tensor;
typedef struct Context {
  size_t tensors_size;
  void *get_execution_plan;
  Tensor *tensors;
  void *impl;
  int (*ResizeTensor)(struct Context *, Tensor *, IntArray *);
} Context;
typedef struct { IntArray *inputs, *outputs; } Node;
typedef struct {
  void *init, *free;
  int (*prepare)(Context *, Node *);
  int (*invoke)(Context *, Node *);
  uint64_t others[7];
} Registration;

static int Prepare(Context *context, Node *node) {
  Tensor *input = &context->tensors[node->inputs->data[0]];
  size_t bytes = sizeof(int) * (1 + (size_t)input->dims->size);
  IntArray *dims = malloc(bytes);
  memcpy(dims, input->dims, bytes);
  return context->ResizeTensor(context, &context->tensors[node->outputs->data[0]], dims);
}

static int Invoke(Context *context, Node *node) {
  Tensor *input = &context->tensors[node->inputs->data[0]];
  Tensor *output = &context->tensors[node->outputs->data[0]];
  int count = BEYOND;
  for (int i = 0; i < input->dims->size; i++) count = i ? count * input->dims->data[i]
                                                        : count + input->dims->data[i];
  for (int i = 0; i < count; i++) {
    if (input->type == 1) ((float *)output->data)[i] = 2 * ((float *)input->data)[i];
    else if (input->type == 9) ((int8_t *)output->data)[i] = 2 * ((int8_t *)input->data)[i];
    else return 1;
  }
  return 0;
}

Registration *Register_TWICE(void) {
  static Registration registration = {.prepare = Prepare, .invoke = Invoke};
  return &registration;
}

Registration *Register_NOTHING(void) { return 0; }
"""


def build_kernel(folder: Path, *flags: str) -> Kernel:
    """The kernel in a shared library in `folder`; skips the test if there is no compiler."""
    compiler = shutil.which("cc") or pytest.skip("there is no C compiler `cc` on this machine")
    source, library = folder / "twice.c", folder / "libtwice.so"
    source.write_text(SOURCE)
    command = [compiler, "-O1", "-shared", "-fPIC", "-DBEYOND=0", *flags, str(source)]
    subprocess.run([*command, "-o", str(library)], check=True)
    return Kernel(OP, library, REGISTRATION)
