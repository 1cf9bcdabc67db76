# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The C source that adds a framework's custom ops to an interpreter's options.

It is an object of its own in the framework's binary: only in an app that calls it does a linker
look for TensorFlow Lite's C library.
"""

from __future__ import annotations

from string import Template
from typing import Sequence

from pants_tflite.c_literals import string_literal
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.ios.settings import FrameworkSettings

# The only version that kernels here have, and that models name.
_VERSION = 1
_SOURCE = Template(
    """\
/* The custom ops of the models in $name. Generated. */

#include "$name.h"

typedef struct TfLiteRegistration TfLiteRegistration;

/* Of TensorFlow Lite. */
void TfLiteInterpreterOptionsAddCustomOp(struct TfLiteInterpreterOptions *options,
                                         const char *name, const TfLiteRegistration *registration,
                                         int32_t min_version, int32_t max_version);

/* Of the kernels. */
$declarations

void ${name}AddCustomOps(struct TfLiteInterpreterOptions *options) {
$calls
}
"""
)


def render_custom_ops(settings: FrameworkSettings, ops: Sequence[CustomOp]) -> str:
    """Two ops may have one kernel."""
    registrations = sorted({op.registration for op in ops})
    return _SOURCE.substitute(
        name=settings.name,
        declarations="\n".join(f"TfLiteRegistration *{name}(void);" for name in registrations),
        calls="\n".join(
            f"  TfLiteInterpreterOptionsAddCustomOp(options, {string_literal(op.name)}, "
            f"{op.registration}(), {_VERSION}, {_VERSION});"
            for op in ops
        ),
    )
