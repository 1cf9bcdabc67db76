# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The C interface of a framework: its header and its module map."""

from __future__ import annotations

from string import Template
from typing import Sequence

from pants_tflite.ios.settings import FrameworkSettings

_MODULE_MAP = Template(
    """\
framework module $name {
  umbrella header "$name.h"

  export *
  module * { export * }
$links}
"""
)
# Only the struct: TensorFlow Lite's own header has its typedef.
_CUSTOM_OPS = Template(
    """\

struct TfLiteInterpreterOptions;

/**
 * Adds the custom ops of the models to an interpreter's options. Calls the function
 * TfLiteInterpreterOptionsAddCustomOp of TensorFlow Lite's C library, which the app links.
 */
${name}_EXPORT void ${name}AddCustomOps(struct TfLiteInterpreterOptions *options);
"""
)
_HEADER = Template(
    """\
/* What the models in $name take and give. Generated. */

#ifndef ${name}_h
#define ${name}_h

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#define ${name}_NONNULL _Nonnull
#define ${name}_NULLABLE _Nullable
#pragma clang assume_nonnull begin
#else
#define ${name}_NONNULL
#define ${name}_NULLABLE
#endif
#define ${name}_EXPORT __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/** A tensor that a model takes or gives. */
typedef struct ${name}TensorInfo {
  /** Its name in the model's signature, or in the graph of a model without one. UTF-8. */
  const char *name;
  /** The type of its elements, as NumPy names it: "float32", "int8", ... */
  const char *type;
  /** `rank` sizes; -1 is any size. NULL for a scalar. */
  const int32_t *${name}_NULLABLE shape;
  size_t rank;
  /**
   * value = scale * (element - zero point). `quantization_count` of each: 1 where one is for the
   * whole tensor, or one for every index of the dimension `quantized_dimension`. NULL, NULL, 0 and
   * -1 for a tensor that is not quantized.
   */
  const float *${name}_NULLABLE scales;
  const int64_t *${name}_NULLABLE zero_points;
  size_t quantization_count;
  int32_t quantized_dimension;
} ${name}TensorInfo;

/** A model. Its files lie in the framework's own folder. */
typedef struct ${name}ModelInfo {
  const char *name;
  /** The names of the model's file, of its description in JSON and of its labels (or NULL). */
  const char *file;
  const char *description_file;
  const char *${name}_NULLABLE labels_file;
  /** The size of `file`, and its SHA-256 in hexadecimal. */
  uint64_t bytes;
  const char *sha256;
  /** In an interpreter's order. NULL where there are none. */
  const ${name}TensorInfo *${name}_NULLABLE inputs;
  size_t input_count;
  const ${name}TensorInfo *${name}_NULLABLE outputs;
  size_t output_count;
  /** In the order of the model's scores, UTF-8. NULL where there are none. */
  const char *${name}_NONNULL const *${name}_NULLABLE labels;
  size_t label_count;
} ${name}ModelInfo;

/** The version of the bundle, as in Semantic Versioning. */
${name}_EXPORT const char *${name}Version(void);

/** How many models there are. */
${name}_EXPORT size_t ${name}ModelCount(void);

/** The model at `index`, in the order of names; NULL where there is none. */
${name}_EXPORT const ${name}ModelInfo *${name}_NULLABLE ${name}ModelAtIndex(size_t index);

/** The model called `name`; NULL where there is none. */
${name}_EXPORT const ${name}ModelInfo *${name}_NULLABLE ${name}ModelNamed(const char *name);
$custom_ops
#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
"""
)


def render_header(settings: FrameworkSettings, *, custom_ops: bool = False) -> str:
    """`custom_ops` says whether the framework has kernels of custom ops."""
    name = settings.name
    declared = _CUSTOM_OPS.substitute(name=name) if custom_ops else ""
    return _HEADER.substitute(name=name, custom_ops=declared)


def render_module_map(settings: FrameworkSettings, links: Sequence[str] = ()) -> str:
    """`links` are libraries of the system that whoever imports the module is linked with."""
    lines = "".join(f'\n  link "{library}"\n' for library in links)
    return _MODULE_MAP.substitute(name=settings.name, links=lines)
