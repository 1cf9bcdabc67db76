# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `verify_micro` is asked; it reports what `verify` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class VerifyMicroRequest(Message):
    """The model runs on the `dataset`, or without one on seeded random samples. `dataset_field` is
    blamed if samples do not fit, and `runtime_field` if LiteRT runs the model after all."""

    PROGRAM: ClassVar[str] = "pants_tflite.micro.sandbox.verify_micro"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("verification.json",)

    model: str
    dataset: Optional[str]
    dataset_field: str
    runtime_field: str
    custom_ops: tuple[str, ...]
    max_samples: int
    seed: int
