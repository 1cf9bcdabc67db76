# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `check_coverage` is asked. It reports what `coverage_protocol` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class MicroCoverageRequest(Message):
    """Asks which ops of the file `model` TFLite Micro, which users call `runtime`, refuses. It has the
    custom ops in `kernels`."""

    PROGRAM: ClassVar[str] = "pants_tflite.micro.sandbox.check_coverage"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("coverage.json",)

    runtime: str
    model: str
    kernels: tuple[str, ...]
