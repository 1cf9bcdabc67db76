// Copyright 2026 the pants-tflite authors.
// Licensed under the Apache License, Version 2.0 (see LICENSE).
//
// Runs the kernel that a library of custom ops adds, on Linux: `run_atan <library> <function> x…`
// prints what the op makes of the numbers. Compiled with -DRUNTIME, this is what the library takes for
// TensorFlow Lite, and keeps the op that it is given.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tensorflow/lite/core/c/common.h"

typedef struct TfLiteInterpreterOptions {
  int count;
  const char *name;
  const TfLiteRegistration *registration;
  int32_t min_version, max_version;
} TfLiteInterpreterOptions;

#ifdef RUNTIME

void TfLiteInterpreterOptionsAddCustomOp(TfLiteInterpreterOptions *options, const char *name,
                                         const TfLiteRegistration *registration,
                                         int32_t min_version, int32_t max_version) {
  *options = (TfLiteInterpreterOptions){options->count + 1, name, registration, min_version,
                                        max_version};
}

#else

#include <dlfcn.h>

static void *check(void *pointer, const char *what) {
  if (pointer == NULL) {
    fprintf(stderr, "%s: %s\n", what, dlerror());
    exit(1);
  }
  return pointer;
}

static TfLiteStatus Resize(TfLiteContext *context, TfLiteTensor *tensor, TfLiteIntArray *dims) {
  (void)context;
  tensor->dims = dims;
  tensor->data.raw = malloc(dims->data[0] * sizeof(float));
  return kTfLiteOk;
}

static TfLiteIntArray *array(int value) {
  TfLiteIntArray *result = malloc(sizeof *result + sizeof(int));
  result->size = 1;
  result->data[0] = value;
  return result;
}

int main(int argc, char **argv) {
  void *library = check(dlopen(argv[1], RTLD_NOW | RTLD_LOCAL), argv[1]);
  void (*add)(TfLiteInterpreterOptions *);
  *(void **)&add = check(dlsym(library, argv[2]), argv[2]);
  TfLiteInterpreterOptions options = {0};
  add(&options);
  printf("%d %s %d %d\n", options.count, options.name, (int)options.min_version,
         (int)options.max_version);

  const int count = argc - 3;
  float input[64];
  for (int i = 0; i < count; i++) input[i] = strtof(argv[3 + i], NULL);
  TfLiteTensor tensors[2] = {0};
  tensors[0].type = tensors[1].type = kTfLiteFloat32;
  tensors[0].dims = array(count);
  tensors[0].data.f = input;
  TfLiteContext context = {.tensors_size = 2, .tensors = tensors, .ResizeTensor = Resize};
  TfLiteNode node = {.inputs = array(0), .outputs = array(1)};
  const TfLiteRegistration *op = options.registration;
  node.user_data = op->init(&context, NULL, 0);
  if (op->prepare(&context, &node) != kTfLiteOk || op->invoke(&context, &node) != kTfLiteOk) return 1;
  for (int i = 0; i < count; i++) printf("%.9g\n", tensors[1].data.f[i]);
  op->free(&context, node.user_data);
  return 0;
}

#endif
