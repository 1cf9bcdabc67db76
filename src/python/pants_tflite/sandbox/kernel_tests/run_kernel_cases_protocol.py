# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `run_kernel_cases` is asked, and what it and its micro variant report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class RunCasesRequest(Message):
    """`cases` is the folder of what `write_kernel_cases` wrote."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.kernel_tests.run_kernel_cases"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("results.json",)

    cases: str
    kernel: KernelLibrary


@dataclass(frozen=True)
class CaseResult:
    """`failure` says what is wrong, or is None."""

    name: str
    failure: Optional[str]


@dataclass(frozen=True)
class CaseResults(Message):
    """The result of each case that ran."""

    FILE: ClassVar[str] = "results.json"

    cases: tuple[CaseResult, ...]
