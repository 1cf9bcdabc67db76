# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `cut` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message
from pants_tflite.sandbox.tflite.conversion_protocol import Cut


@dataclass(frozen=True)
class CutRequest(Message):
    """Where to cut a SavedModel: `inputs` and `outputs` name tensors or layers; without any the signature
    keeps its own. Next to the SavedModel is the report of its export. The cut SavedModel is compared
    with the whole one on the first `max_samples` of the `dataset` if both take them, and otherwise on
    made-up samples. `dataset_field` is blamed if its samples do not fit the cut model."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.saved_models.cut"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("cut.json", "export.json", "saved_model/saved_model.pb")

    saved_model: str
    signatures: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    dataset: Optional[str]
    dataset_field: str
    max_samples: Optional[int]
    seed: int
    threads: int


@dataclass(frozen=True)
class CutReport(Message):
    """Where the SavedModel was cut."""

    FILE: ClassVar[str] = "cut.json"

    cut: Cut
