// Copyright 2026 the pants-tflite authors.
// Licensed under the Apache License, Version 2.0 (see LICENSE).
//
// The options of a custom op: a FlexBuffer that holds a map of names to numbers. This reads such a
// flat map and nothing else, allocates nothing, and never looks beyond the buffer.

#ifndef OPS_FLEX_MAP_H_
#define OPS_FLEX_MAP_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Finds the number called `key` in the map that `buffer` holds, and stores it in `value`. Returns
// false, and leaves `value` alone, where the buffer is no map or damaged, or has no such number.
bool FlexMapNumber(const uint8_t* buffer, size_t length, const char* key, double* value);

#ifdef __cplusplus
}
#endif

#endif  // OPS_FLEX_MAP_H_
