# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The C side of a framework: a header, its module map, and a source with a table of the models."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import Iterable, Iterator, Sequence

from pants_tflite.bundles.contents import files_of
from pants_tflite.ios.model_facts import ModelFacts, TensorFacts
from pants_tflite.ios.settings import FrameworkSettings

_MODULE_MAP = Template(
    """\
framework module $name {
  umbrella header "$name.h"

  export *
  module * { export * }
}
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

#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
"""
)
_SOURCE = Template(
    """\
/* The models in $name. Generated. */

#include "$name.h"

#include <string.h>

$tables
static const ${name}ModelInfo models[] = {
$models
};
static const size_t model_count = sizeof(models) / sizeof(models[0]);

const char *${name}Version(void) { return $version; }

size_t ${name}ModelCount(void) { return model_count; }

const ${name}ModelInfo *${name}ModelAtIndex(size_t index) {
  return index < model_count ? &models[index] : NULL;
}

const ${name}ModelInfo *${name}ModelNamed(const char *name) {
  for (size_t index = 0; index < model_count; ++index) {
    if (strcmp(models[index].name, name) == 0) return &models[index];
  }
  return NULL;
}
"""
)


def render_header(settings: FrameworkSettings) -> str:
    return _HEADER.substitute(name=settings.name)


def render_module_map(settings: FrameworkSettings) -> str:
    return _MODULE_MAP.substitute(name=settings.name)


def render_source(settings: FrameworkSettings, models: Sequence[ModelFacts]) -> str:
    tables = [_ModelTables(settings.name, f"model_{i}", model) for i, model in enumerate(models)]
    return _SOURCE.substitute(
        name=settings.name,
        version=string_literal(settings.version),
        tables="\n".join(line for table in tables for line in table.definitions()),
        models=",\n".join(table.entry() for table in tables),
    )


def string_literal(text: str) -> str:
    """`text` as a C string of UTF-8: what is no plain ASCII character is an octal escape, which is
    of three digits, so that no digit after it can be taken for a part of it."""
    plain = {byte for byte in range(0x20, 0x7F) if chr(byte) not in '"\\?'}
    return '"' + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in text.encode()) + '"'


@dataclass(frozen=True)
class _ModelTables:
    """One model's arrays, whose names begin with `prefix`, and its entry in the table of models."""

    framework: str
    prefix: str
    model: ModelFacts

    def definitions(self) -> Iterator[str]:
        for side, tensors in (("input", self.model.inputs), ("output", self.model.outputs)):
            for index, tensor in enumerate(tensors):
                yield from self._tensor_arrays(f"{self.prefix}_{side}_{index}", tensor)
            entries = (
                self._tensor_entry(f"{self.prefix}_{side}_{index}", tensor)
                for index, tensor in enumerate(tensors)
            )
            kind = f"{self.framework}TensorInfo"
            yield from _array(kind, f"{self.prefix}_{side}s", entries)
        labels = (string_literal(label) for label in self.model.labels)
        yield from _array("char *const", f"{self.prefix}_labels", labels)

    def _tensor_arrays(self, name: str, tensor: TensorFacts) -> Iterator[str]:
        sizes = ("-1" if size is None else str(size) for size in tensor.shape)
        yield from _array("int32_t", f"{name}_shape", sizes)
        yield from _array("float", f"{name}_scales", (f"{scale!r}f" for scale in tensor.scales))
        # The lowest number is no literal in C: it would be minus one that is too large.
        points = ("INT64_MIN" if p == -(2**63) else f"{p}LL" for p in tensor.zero_points)
        yield from _array("int64_t", f"{name}_zero_points", points)

    def _tensor_entry(self, name: str, tensor: TensorFacts) -> str:
        dimension = tensor.quantized_dimension
        fields = (
            string_literal(tensor.name),
            string_literal(tensor.dtype),
            *_pointer_and_length(f"{name}_shape", len(tensor.shape)),
            _pointer_and_length(f"{name}_scales", len(tensor.scales))[0],
            *_pointer_and_length(f"{name}_zero_points", len(tensor.zero_points)),
            "-1" if dimension is None else str(dimension),
        )
        return f"{{{', '.join(fields)}}}"

    def entry(self) -> str:
        model = self.model
        files = files_of(model.name)
        fields = (
            string_literal(model.name),
            string_literal(files.model),
            string_literal(files.description),
            string_literal(files.labels) if model.labels else "NULL",
            f"{model.bytes}ULL",
            string_literal(model.sha256),
            *_pointer_and_length(f"{self.prefix}_inputs", len(model.inputs)),
            *_pointer_and_length(f"{self.prefix}_outputs", len(model.outputs)),
            *_pointer_and_length(f"{self.prefix}_labels", len(model.labels)),
        )
        return f"  {{{', '.join(fields)}}}"


def _array(kind: str, name: str, values: Iterable[str]) -> Iterator[str]:
    """The definition of an array; of none where it would be empty, which C does not allow."""
    lines = ",\n".join(f"  {value}" for value in values)
    if lines:
        yield f"static const {kind} {name}[] = {{\n{lines}\n}};"


def _pointer_and_length(name: str, length: int) -> tuple[str, str]:
    return (name if length else "NULL", str(length))
