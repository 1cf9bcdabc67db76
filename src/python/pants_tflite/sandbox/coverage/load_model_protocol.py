# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `load_model` is asked. It reports what `coverage_protocol` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class LoadModelRequest(Message):
    """Asks whether the installed interpreter, which users call `runtime`, takes the file `model`.

    It has the custom ops in `kernels`. `cut` is the folder of what `cut_ops` wrote; without it, which
    ops are refused is not found out.
    """

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.coverage.load_model"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("coverage.json",)

    runtime: str
    model: str
    kernels: tuple[str, ...]
    cut: Optional[str]
