# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `run_micro_kernel_cases` is asked; its report is that of `run_kernel_cases`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class RunMicroCasesRequest(Message):
    """`cases` is the folder of what `write_kernel_cases` wrote, `op` is what the kernel is for, and
    `program` the path of a program with the kernel."""

    PROGRAM: ClassVar[str] = "pants_tflite.micro.sandbox.run_micro_kernel_cases"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("results.json",)

    cases: str
    op: str
    program: str
