# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `inspect_binary` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class BinaryRequest(Message):
    """`field` is blamed if the file is not compiled code; without one, it is a step's result."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.binaries.inspect_binary"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("binary.json",)

    binary: str
    field: Optional[str]


@dataclass(frozen=True)
class ImportedSymbol:
    """`version` is that of the library that had the symbol when this was linked, if it has
    versions; a `weak` symbol may be missing."""

    name: str
    version: Optional[str]
    weak: bool


@dataclass(frozen=True)
class BinaryImage:
    """One file, or one `member` of a static library. Symbols are named as in C.

    `hidden` symbols are for what the file is linked with, and for nothing that loads the result.
    Of `weak` ones, exported or hidden, several files may have a definition, and one is taken.
    `page_alignment` is the least that an ELF file's loaded segments have; `system` and
    `system_version` are what a Mach-O file says it runs on, at least.
    """

    format: str
    kind: str
    architecture: str
    exports: tuple[str, ...]
    imports: tuple[ImportedSymbol, ...]
    hidden: tuple[str, ...]
    weak: tuple[str, ...]
    member: Optional[str]
    name: Optional[str]
    libraries: tuple[str, ...]
    page_alignment: Optional[int]
    system: Optional[str]
    system_version: Optional[str]


@dataclass(frozen=True)
class BinaryReport(Message):
    """One image for each file, member and slice."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "binary.json"

    images: tuple[BinaryImage, ...]
