# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`timings.json`: how long models take. No two runs agree on it, so no other file has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class ModelTimes:
    """The median of the model's calls in `seconds`, and its `ratio` to that of its baseline, measured in
    turn with it; None without a baseline. `ops` are the seconds of ops that ran alone, by the
    number of their graph and theirs, as in "0.3"."""

    address: str
    seconds: float
    ratio: Optional[float]
    ops: Mapping[str, float]


@dataclass(frozen=True)
class Timings(Message):
    """`kernels` and `threads` say what ran the models."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "timings.json"

    models: tuple[ModelTimes, ...]
    kernels: str
    threads: int
