# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `record` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class RecordRequest(Message):
    """Without `signatures`, `serving_default` is recorded, or the only one there is. Without a
    `dataset`, the samples are seeded random ones, 16 at most; `dataset_field` is blamed if samples
    do not fit. Those to `skip` are not run."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.saved_models.record"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("reference.npz",)

    saved_model: str
    signatures: tuple[str, ...]
    dataset: Optional[str]
    dataset_field: str
    max_samples: Optional[int]
    seed: int
    threads: int
    skip: tuple[str, ...] = left_out(())
