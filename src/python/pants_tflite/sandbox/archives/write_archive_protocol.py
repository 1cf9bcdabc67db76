# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `write_archive` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message

ZIP = "zip"
TAR_GZ = "tar.gz"


@dataclass(frozen=True)
class ArchiveRequest(Message):
    """`format` is "zip" or "tar.gz"; of a zip, each content begins at a multiple of `alignment`."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.archives.write_archive"

    directory: str
    filename: str
    format: str
    alignment: int

    def output_files(self) -> tuple[str, ...]:
        return (self.filename,)
