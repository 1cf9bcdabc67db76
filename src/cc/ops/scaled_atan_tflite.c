// Copyright 2026 the pants-tflite authors.
// Licensed under the Apache License, Version 2.0 (see LICENSE).
//
// The kernel of ScaledAtan for TensorFlow Lite, in C and out of its C API alone.

#include <stdlib.h>
#include <string.h>

#include "ops/scaled_atan.h"
#include "tensorflow/lite/core/c/common.h"

typedef struct {
  float scale;
  int8_t table[kScaledAtanTableSize];
} OpData;

static void* Init(TfLiteContext* context, const char* buffer, size_t length) {
  (void)context;
  OpData* data = calloc(1, sizeof *data);
  if (data != NULL) data->scale = ScaledAtanScale((const uint8_t*)buffer, length);
  return data;
}

static void Free(TfLiteContext* context, void* buffer) {
  (void)context;
  free(buffer);
}

static size_t CountElements(const TfLiteTensor* tensor) {
  size_t count = 1;
  for (int i = 0; i < tensor->dims->size; i++) count *= (size_t)tensor->dims->data[i];
  return count;
}

// ResizeTensor takes the array over, and frees it with the C library's free().
static TfLiteIntArray* CopyDims(const TfLiteIntArray* dims) {
  const size_t bytes = sizeof *dims + (size_t)dims->size * sizeof dims->data[0];
  TfLiteIntArray* copy = malloc(bytes);
  if (copy != NULL) memcpy(copy, dims, bytes);
  return copy;
}

static ScaledAtanQuantization Quantization(const TfLiteTensor* tensor) {
  const ScaledAtanQuantization quantization = {tensor->params.scale, tensor->params.zero_point};
  return quantization;
}

static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node) {
  OpData* data = node->user_data;
  if (data == NULL || node->inputs->size != 1 || node->outputs->size != 1) return kTfLiteError;
  const TfLiteTensor* input = &context->tensors[node->inputs->data[0]];
  TfLiteTensor* output = &context->tensors[node->outputs->data[0]];
  if (output->type != input->type) {
    context->ReportError(context, "ScaledAtan: the input has the type %d, the output %d",
                         (int)input->type, (int)output->type);
    return kTfLiteError;
  }
  if (input->type == kTfLiteInt8) {
    ScaledAtanFillTable(data->scale, Quantization(input), Quantization(output), data->table);
  } else if (input->type != kTfLiteFloat32) {
    context->ReportError(context, "ScaledAtan: no kernel for the type %d", (int)input->type);
    return kTfLiteError;
  }
  TfLiteIntArray* dims = CopyDims(input->dims);
  return dims == NULL ? kTfLiteError : context->ResizeTensor(context, output, dims);
}

static TfLiteStatus Invoke(TfLiteContext* context, TfLiteNode* node) {
  const OpData* data = node->user_data;
  const TfLiteTensor* input = &context->tensors[node->inputs->data[0]];
  TfLiteTensor* output = &context->tensors[node->outputs->data[0]];
  const size_t count = CountElements(input);
  if (input->type == kTfLiteInt8) {
    ScaledAtanInt8(data->table, input->data.int8, output->data.int8, count);
  } else {
    ScaledAtanFloat(data->scale, input->data.f, output->data.f, count);
  }
  return kTfLiteOk;
}

// The function that a `tflite_custom_op` names: extern "C", since this is C.
TfLiteRegistration* Register_SCALED_ATAN(void) {
  static TfLiteRegistration registration = {
      .init = Init, .free = Free, .prepare = Prepare, .invoke = Invoke};
  return &registration;
}
