# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `find_shared_samples` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class SharedSamplesRequest(Message):
    """Asks which samples of the dataset `second` are in `first` too; both are paths."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.samples.find_shared_samples"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("shared_samples.json",)

    first: str
    second: str


@dataclass(frozen=True)
class SharedSamplesReport(Message):
    """`shared` are the indices in the second dataset, and `count` is how many samples it has."""

    FILE: ClassVar[str] = "shared_samples.json"

    shared: tuple[int, ...]
    count: int
