# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `fix_file_shapes` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional

from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class FixFileShapesRequest(Message):
    """`shapes` are those of inputs, by name; an unknown dimension, which stays so, is None. The model is
    compared before and after on samples of the `dataset`, or on seeded random ones without it, but for
    the signatures in `skip`. `dataset_field` is blamed if samples do not fit."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.verification.fix_file_shapes"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("model.tflite",)

    model: str
    shapes: Mapping[str, tuple[Optional[int], ...]]
    dataset: Optional[str]
    dataset_field: str
    kernels: tuple[KernelLibrary, ...]
    max_samples: int
    seed: int
    skip: tuple[str, ...] = left_out(())
