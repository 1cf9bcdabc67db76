# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `sample_dataset` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.entry_point_protocol import EntryPointCall
from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class SampleRequest(Message):
    """Without `max_samples`, all are taken. Samples of a `sequence` are calls in turn, which are the
    first dimension of each array."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.samples.sample_dataset"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("dataset.json", "dataset.npz")

    call: EntryPointCall
    max_samples: Optional[int]
    seed: int
    sequence: bool = left_out(False)


@dataclass(frozen=True)
class ArrayInfo:
    """An input of a dataset, or its labels, by the shape of one sample."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class DatasetReport(Message):
    """`fingerprint` is the sha256 over names, types, shapes and bytes. `outside` says what the code used
    that is not in its sandbox: "files", "network"."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "dataset.json"

    count: int
    fingerprint: str
    inputs: tuple[ArrayInfo, ...]
    labels: Optional[ArrayInfo]
    sequence: bool = left_out(False)
    outside: tuple[str, ...] = left_out(())
