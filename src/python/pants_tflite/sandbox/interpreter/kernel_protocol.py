# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Where the kernels of custom ops are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KernelLibrary:
    """The function `registration` of the shared library at `library`, for the op called `op`."""

    op: str
    library: str
    registration: str
