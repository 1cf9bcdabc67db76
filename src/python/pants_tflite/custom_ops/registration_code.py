# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The C function that adds custom ops to an interpreter's options, by TensorFlow Lite's C API."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import Iterable

from pants_tflite.c_literals import string_literal

# What the function calls, which the runtime defines.
ADD_CUSTOM_OP = "TfLiteInterpreterOptionsAddCustomOp"
# What is used of the runtime's own headers is declared here: c_api.h, which declares the function,
# includes headers that not every archive of a runtime has.
_SOURCE = Template(
    """\
/* Adds custom ops to the options of an interpreter. Generated. */

#include <stdint.h>

struct TfLiteInterpreterOptions;
struct TfLiteRegistration;

void $add_custom_op(struct TfLiteInterpreterOptions *options, const char *name,
                    const struct TfLiteRegistration *registration, int32_t min_version,
                    int32_t max_version);

$declarations

void $function(struct TfLiteInterpreterOptions *options);

void $function(struct TfLiteInterpreterOptions *options) {
$calls
}
"""
)


@dataclass(frozen=True)
class RegisteredOp:
    """The op `name` of graphs in the versions 1 to `max_version`, which `registration` returns."""

    name: str
    registration: str
    max_version: int = 1


def declaration(function: str) -> str:
    """The function's declaration, valid with c_api.h and without it, in C and C++."""
    return f"void {function}(struct TfLiteInterpreterOptions *options);"


def render_adding_function(function: str, ops: Iterable[RegisteredOp]) -> str:
    """The source of `function`, which adds all `ops`, in their order."""
    ops = tuple(ops)
    registrations = sorted({op.registration for op in ops})
    return _SOURCE.substitute(
        add_custom_op=ADD_CUSTOM_OP,
        function=function,
        declarations="\n".join(
            f"struct TfLiteRegistration *{name}(void);" for name in registrations
        ),
        calls="\n".join(
            f"  {ADD_CUSTOM_OP}(options, {string_literal(op.name)}, {op.registration}(), 1, "
            f"{op.max_version});"
            for op in ops
        ),
    )
