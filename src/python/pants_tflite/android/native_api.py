# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a library's custom ops show to an app's own native code: one C function, and its header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Template
from typing import Iterable

from pants_tflite.android.maven import MavenCoordinates
from pants_tflite.c_literals import string_literal
from pants_tflite.custom_ops.registration_code import RegisteredOp, declaration

_HEADER = Template(
    """\
// The custom ops of the Android library $coordinates. Generated.

#ifndef $guard
#define $guard

#ifdef __cplusplus
extern "C" {
#endif

// As TensorFlow Lite's c_api.h has it, which may be included as well.
struct TfLiteInterpreterOptions;

// Adds the library's custom ops to `options`: interpreters that are created with them run
//
$ops
//
// Call it once, between TfLiteInterpreterOptionsCreate and TfLiteInterpreterCreate. `options` are
// those of $runtime_library, which is loaded along with this library. The
// kernels may be used as long as the process lives.
$declaration

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // $guard
"""
)


@dataclass(frozen=True)
class NativeNames:
    """What the native code of an artifact is called: `lib<module>.so`, `<module>.h`, `function`."""

    module: str
    function: str

    @classmethod
    def of(cls, artifact: str) -> NativeNames:
        """`cats-vs-dogs` gives `cats_vs_dogs_ops` and `CatsVsDogs_AddCustomOps`."""
        words = re.findall(r"[A-Za-z0-9]+", artifact)
        prefix = "".join(word[0].upper() + word[1:] for word in words)
        if prefix[0].isdigit():
            prefix = f"Lib{prefix}"
        # The suffix keeps it apart from Android's own libraries, such as libandroid.so.
        return cls(f"{'_'.join(words)}_ops", f"{prefix}_AddCustomOps")


def render_header(
    names: NativeNames,
    coordinates: MavenCoordinates,
    runtime_library: str,
    ops: Iterable[RegisteredOp],
) -> str:
    return _HEADER.substitute(
        coordinates=coordinates,
        guard=f"{names.function.upper()}_H_",
        ops="\n".join(f"//   {string_literal(op.name)}" for op in ops),
        runtime_library=runtime_library,
        declaration=declaration(names.function),
    )
