# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `evaluate_micro` is asked; it reports what `evaluate` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class EvaluateMicroRequest(Message):
    """The model runs on the first `max_samples` of the `dataset`, or on all of them. `dataset_field` is
    blamed if they do not fit."""

    PROGRAM: ClassVar[str] = "pants_tflite.micro.sandbox.evaluate_micro"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("predictions.json", "predictions.npz")

    model: str
    dataset: str
    dataset_field: str
    signature: Optional[str]
    max_samples: Optional[int]
