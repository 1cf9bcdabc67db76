// Copyright 2026 the pants-tflite authors.
// Licensed under the Apache License, Version 2.0 (see LICENSE).
//
// The mathematics of ScaledAtan, scale * atan(x), without any runtime: both kernels use it.

#ifndef OPS_SCALED_ATAN_H_
#define OPS_SCALED_ATAN_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { kScaledAtanTableSize = 256 };

// How an int8 tensor stores real numbers: real = scale * (stored - zero_point).
typedef struct {
  float scale;
  int32_t zero_point;
} ScaledAtanQuantization;

// The op's option `scale` out of its FlexBuffer; 1 where it has none.
float ScaledAtanScale(const uint8_t* options, size_t length);

void ScaledAtanFloat(float scale, const float* input, float* output, size_t count);

// Fills `table` with the output for each of the 256 inputs, -128 first.
void ScaledAtanFillTable(float scale, ScaledAtanQuantization input, ScaledAtanQuantization output,
                         int8_t table[kScaledAtanTableSize]);

void ScaledAtanInt8(const int8_t table[kScaledAtanTableSize], const int8_t* input, int8_t* output,
                    size_t count);

#ifdef __cplusplus
}
#endif

#endif  // OPS_SCALED_ATAN_H_
