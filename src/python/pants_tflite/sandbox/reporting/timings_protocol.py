# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`timings.json`: how long models take. No two runs agree on it, so no other file has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class ModelTimes:
    """The median of the model's calls in `seconds`, by LiteRT's usual kernels on one thread, and its
    `ratio` to that of its baseline, measured in turn with it; None without a baseline. `ops` are the
    seconds of ops that ran alone, by the numbers of their graph and theirs, as in "0.3". `note` says why
    there are no times, if there are none."""

    address: str
    seconds: Optional[float]
    ratio: Optional[float]
    ops: Mapping[str, float]
    note: Optional[str]


@dataclass(frozen=True)
class Timings(Message):
    """In the order of the report."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "timings.json"

    models: tuple[ModelTimes, ...]
