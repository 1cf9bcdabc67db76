# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `compare_outputs` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class CompareOutputsRequest(Message):
    """Asks where the files below the folders `first` and `second` differ, of which one step made both.

    `sources` is a folder of the user's code that the step ran, and `sandboxes` are the folders in which
    it ran.
    """

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.reproduction.compare_outputs"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("differences.json",)

    first: str
    second: str
    sources: str
    sandboxes: tuple[str, ...]


@dataclass(frozen=True)
class FileDifference:
    """`offset` is that of the first byte that differs; None if only one run has the file `path`.
    `where` says which part of the file is there, if that is known."""

    path: str
    offset: Optional[int]
    where: str


@dataclass(frozen=True)
class DifferencesReport(Message):
    """The files that differ, and the `causes` that are likely, the likeliest first."""

    FILE: ClassVar[str] = "differences.json"

    files: tuple[FileDifference, ...]
    causes: tuple[str, ...]
