# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What an entry of the replacements says, and of which runtimes."""

from __future__ import annotations

from dataclasses import dataclass

# The runtimes of float models, and models that compute in integers alone, on LiteRT and TensorFlow Lite Micro.
LITERT, MICRO, GPU, INTEGERS = "litert", "micro", "gpu", "integers"
IN_FLOATS = (LITERT, MICRO, GPU)
EVERYWHERE = (*IN_FLOATS, INTEGERS)


@dataclass(frozen=True)
class Replacement:
    """What to use `instead` of `ops`, in whole sentences, on the `runtimes` that it was tried on.

    `ops` are those of TensorFlow Lite, or TensorFlow's by their own names, without "Flex". `refused_by` are
    the runtimes that do not run them, or compute something else, as far as that was tried; INTEGERS if an
    integer model has them in floats.
    """

    name: str
    ops: tuple[str, ...]
    instead: str
    runtimes: tuple[str, ...] = IN_FLOATS
    refused_by: tuple[str, ...] = (MICRO,)
