// Copyright 2026 the pants-tflite authors.
// Licensed under the Apache License, Version 2.0 (see LICENSE).

#include "ops/flex_map.h"

#include <string.h>

// A FlexBuffer is read from its end: the last byte is the width of the root, the byte before it the
// root's type, and the root itself precedes them. A map is a vector of values; before its size stand
// the width and the offset of a vector of keys, in the same order, and behind it a byte of type for
// each value. Offsets lead back from where they stand. Little-endian, as TensorFlow Lite itself.

enum { kInt = 1, kUInt = 2, kFloat = 3, kMap = 9, kBool = 26 };

typedef struct {
  const uint8_t* data;
  size_t length;
} Buffer;

static bool IsInside(Buffer buffer, size_t position, size_t size) {
  return position <= buffer.length && size <= buffer.length - position;
}

// An unsigned integer of `width` bytes.
static bool ReadUnsigned(Buffer buffer, size_t position, size_t width, uint64_t* value) {
  if (width != 1 && width != 2 && width != 4 && width != 8) return false;
  if (!IsInside(buffer, position, width)) return false;
  *value = 0;
  for (size_t i = width; i-- > 0;) *value = (*value << 8) | buffer.data[position + i];
  return true;
}

// The position that the offset at `position` leads back to.
static bool Follow(Buffer buffer, size_t position, size_t width, size_t* target) {
  uint64_t offset;
  if (!ReadUnsigned(buffer, position, width, &offset) || offset > position) return false;
  *target = position - (size_t)offset;
  return true;
}

static bool ReadNumber(Buffer buffer, size_t position, size_t width, int type, double* value) {
  uint64_t bits;
  if (!ReadUnsigned(buffer, position, width, &bits)) return false;
  if (type == kUInt || type == kBool) {
    *value = (double)bits;
  } else if (type == kInt) {
    const uint64_t sign = (uint64_t)1 << (8 * width - 1);
    *value = (bits & sign) ? -(double)((sign << 1) - bits) : (double)bits;
  } else if (type == kFloat && width == 4) {
    const uint32_t low = (uint32_t)bits;
    float number;
    memcpy(&number, &low, sizeof number);
    *value = number;
  } else if (type == kFloat && width == 8) {
    memcpy(value, &bits, sizeof *value);
  } else {
    return false;
  }
  return true;
}

static bool KeyIs(Buffer buffer, size_t position, const char* key) {
  const size_t size = strlen(key) + 1;
  return IsInside(buffer, position, size) && memcmp(buffer.data + position, key, size) == 0;
}

bool FlexMapNumber(const uint8_t* data, size_t length, const char* key, double* value) {
  const Buffer buffer = {data, length};
  if (data == NULL || length < 3) return false;
  const size_t root_width = data[length - 1];
  const size_t width = (size_t)1 << (data[length - 2] & 3);
  size_t map, keys;
  uint64_t size, keys_width;
  if (data[length - 2] >> 2 != kMap || root_width > length - 2) return false;
  if (!Follow(buffer, length - 2 - root_width, root_width, &map)) return false;
  if (map < 3 * width || !Follow(buffer, map - 3 * width, width, &keys)) return false;
  if (!ReadUnsigned(buffer, map - 2 * width, width, &keys_width)) return false;
  if (!ReadUnsigned(buffer, map - width, width, &size) || size > length) return false;
  for (size_t i = 0; i < (size_t)size; i++) {
    size_t name;
    const size_t type_position = map + (size_t)size * width + i;
    if (!Follow(buffer, keys + i * (size_t)keys_width, (size_t)keys_width, &name)) return false;
    if (!KeyIs(buffer, name, key)) continue;
    if (!IsInside(buffer, type_position, 1)) return false;
    return ReadNumber(buffer, map + i * width, width, data[type_position] >> 2, value);
  }
  return false;
}
