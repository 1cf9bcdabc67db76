# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `measure_pages` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class PagesRequest(Message):
    """`archive` is an `.aar`, and `field` is blamed if it is none."""

    PROGRAM: ClassVar[str] = "pants_tflite.android.sandbox.measure_pages"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("pages.json",)

    archive: str
    field: str


@dataclass(frozen=True)
class LibraryPages:
    """`alignment` is the least that a loaded segment of the library in `file`, for `abi`, has."""

    file: str
    abi: str
    alignment: int


@dataclass(frozen=True)
class PagesReport(Message):
    """The shared libraries of an `.aar`, by file."""

    FILE: ClassVar[str] = "pages.json"

    libraries: tuple[LibraryPages, ...]
