// Copyright 2026 the pants-tflite authors.
// Licensed under the Apache License, Version 2.0 (see LICENSE).

#include "ops/scaled_atan.h"

#include <math.h>

#include "ops/flex_map.h"

float ScaledAtanScale(const uint8_t* options, size_t length) {
  double scale = 1.0;
  FlexMapNumber(options, length, "scale", &scale);
  return (float)scale;
}

void ScaledAtanFloat(float scale, const float* input, float* output, size_t count) {
  for (size_t i = 0; i < count; i++) output[i] = scale * atanf(input[i]);
}

void ScaledAtanFillTable(float scale, ScaledAtanQuantization input, ScaledAtanQuantization output,
                         int8_t table[kScaledAtanTableSize]) {
  for (int i = 0; i < kScaledAtanTableSize; i++) {
    const float x = input.scale * (float)(i + INT8_MIN - input.zero_point);
    const float stored = roundf(scale * atanf(x) / output.scale) + (float)output.zero_point;
    table[i] = (int8_t)fminf(fmaxf(stored, (float)INT8_MIN), (float)INT8_MAX);
  }
}

void ScaledAtanInt8(const int8_t table[kScaledAtanTableSize], const int8_t* input, int8_t* output,
                    size_t count) {
  for (size_t i = 0; i < count; i++) output[i] = table[input[i] - INT8_MIN];
}
