# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `time_models` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional

from pants_tflite.sandbox.evaluation.time_model_protocol import TimedModel
from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class TimeModelsRequest(Message):
    """The models run on the first sample of the `dataset`, or without one on a seeded random one, for
    about `max_seconds` together. `dataset_field` is blamed if it does not fit."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.evaluation.time_models"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("timings.json",)

    models: tuple[TimedModel, ...]
    dataset: Optional[str]
    dataset_field: str
    signature: Optional[str]
    max_seconds: float = left_out(6.0)


@dataclass(frozen=True)
class TimingReport(Message):
    """The median time of a call for each model, by LiteRT's usual kernels on one thread. The models were
    called in turn, in `rounds`; `ratio` is the median of what the first one took in a round, divided
    by what the second one took, and None for a single model."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "timings.json"

    median_seconds: tuple[float, ...]
    ratio: Optional[float]
    rounds: int
    tools: Mapping[str, str]
