// Copyright 2026 the pants-tflite authors.
// Licensed under the Apache License, Version 2.0 (see LICENSE).
//
// The kernel of ScaledAtan for TensorFlow Lite Micro, whose tensors C++ alone can borrow and return.

#include "ops/scaled_atan.h"
#include "tensorflow/lite/micro/kernels/kernel_util.h"
#include "tensorflow/lite/micro/micro_context.h"

namespace {

struct OpData {
  float scale;
  int8_t table[kScaledAtanTableSize];
};

void* Init(TfLiteContext* context, const char* buffer, size_t length) {
  auto* data = static_cast<OpData*>(context->AllocatePersistentBuffer(context, sizeof(OpData)));
  if (data != nullptr) {
    data->scale = ScaledAtanScale(reinterpret_cast<const uint8_t*>(buffer), length);
  }
  return data;
}

ScaledAtanQuantization Quantization(const TfLiteTensor* tensor) {
  return {tensor->params.scale, tensor->params.zero_point};
}

TfLiteStatus PrepareTensors(OpData* data, const TfLiteTensor* input, const TfLiteTensor* output) {
  if (data == nullptr || input == nullptr || output == nullptr) return kTfLiteError;
  if (output->type != input->type) return kTfLiteError;
  if (input->type == kTfLiteInt8) {
    ScaledAtanFillTable(data->scale, Quantization(input), Quantization(output), data->table);
    return kTfLiteOk;
  }
  return input->type == kTfLiteFloat32 ? kTfLiteOk : kTfLiteError;
}

TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node) {
  tflite::MicroContext* micro = tflite::GetMicroContext(context);
  TfLiteTensor* input = micro->AllocateTempInputTensor(node, 0);
  TfLiteTensor* output = micro->AllocateTempOutputTensor(node, 0);
  const TfLiteStatus status = PrepareTensors(static_cast<OpData*>(node->user_data), input, output);
  if (output != nullptr) micro->DeallocateTempTfLiteTensor(output);
  if (input != nullptr) micro->DeallocateTempTfLiteTensor(input);
  return status;
}

TfLiteStatus Invoke(TfLiteContext* context, TfLiteNode* node) {
  const auto* data = static_cast<const OpData*>(node->user_data);
  const TfLiteEvalTensor* input = tflite::micro::GetEvalInput(context, node, 0);
  TfLiteEvalTensor* output = tflite::micro::GetEvalOutput(context, node, 0);
  size_t count = 1;
  for (int i = 0; i < input->dims->size; i++) count *= static_cast<size_t>(input->dims->data[i]);
  if (input->type == kTfLiteInt8) {
    ScaledAtanInt8(data->table, tflite::micro::GetTensorData<int8_t>(input),
                   tflite::micro::GetTensorData<int8_t>(output), count);
  } else {
    ScaledAtanFloat(data->scale, tflite::micro::GetTensorData<float>(input),
                    tflite::micro::GetTensorData<float>(output), count);
  }
  return kTfLiteOk;
}

}  // namespace

extern "C" const TFLMRegistration* Register_SCALED_ATAN() {
  // Zeroed, then set: a constructor of a static would need the C++ runtime's locks.
  static TFLMRegistration registration;
  registration.init = Init;
  registration.prepare = Prepare;
  registration.invoke = Invoke;
  return &registration;
}
