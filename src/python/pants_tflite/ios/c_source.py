# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The C source of a framework: a table of the models, and the functions that find one in it."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import Iterable, Iterator, Sequence

from pants_tflite.bundles.contents import files_of
from pants_tflite.c_literals import string_literal
from pants_tflite.ios.model_facts import ModelFacts, TensorFacts
from pants_tflite.ios.settings import FrameworkSettings

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


def render_source(settings: FrameworkSettings, models: Sequence[ModelFacts]) -> str:
    tables = [_ModelTables(settings.name, f"model_{i}", model) for i, model in enumerate(models)]
    return _SOURCE.substitute(
        name=settings.name,
        version=string_literal(settings.version),
        tables="\n".join(line for table in tables for line in table.definitions()),
        models=",\n".join(table.entry() for table in tables),
    )


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
        # C has no literal for the lowest number: it would be the negation of one that is too large.
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
    """The definition of an array; of none if it would be empty, which C does not allow."""
    lines = ",\n".join(f"  {value}" for value in values)
    if lines:
        yield f"static const {kind} {name}[] = {{\n{lines}\n}};"


def _pointer_and_length(name: str, length: int) -> tuple[str, str]:
    return (name if length else "NULL", str(length))
