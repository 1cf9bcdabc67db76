# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `write_kernel_cases` is asked, and the cases that it writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional, Union

from pants_tflite.sandbox.entry_point_protocol import EntryPointCall
from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class WriteCasesRequest(Message):
    """The call yields the cases."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.kernel_tests.write_kernel_cases"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("cases.json", "cases.npz")

    call: EntryPointCall


@dataclass(frozen=True)
class TensorEntry:
    """A tensor of a case: the name of its array in `cases.npz`, and its quantization."""

    array: str
    scale: Optional[float]
    zero_point: int


@dataclass(frozen=True)
class CaseEntry:
    """A case of a kernel's test. `options` is what the op's FlexBuffer holds; `tolerance` is how far
    an output may be off, and None leaves that to the type."""

    name: str
    inputs: tuple[TensorEntry, ...]
    outputs: tuple[TensorEntry, ...]
    options: Mapping[str, Union[bool, int, float, str]]
    tolerance: Optional[float]


@dataclass(frozen=True)
class CasesReport(Message):
    """The cases, whose arrays are in `cases.npz`."""

    FILE: ClassVar[str] = "cases.json"

    cases: tuple[CaseEntry, ...]
