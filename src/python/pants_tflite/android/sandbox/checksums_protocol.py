# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `checksums` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message

# A repository has a checksum of each beside every file.
ALGORITHMS = ("md5", "sha1", "sha256", "sha512")


@dataclass(frozen=True)
class ChecksumsRequest(Message):
    """`directory` is the top of a Maven repository, and `files` are those in it, relative to it."""

    PROGRAM: ClassVar[str] = "pants_tflite.android.sandbox.checksums"

    directory: str
    files: tuple[str, ...]

    def output_files(self) -> tuple[str, ...]:
        return tuple(f"{file}.{algorithm}" for file in self.files for algorithm in ALGORITHMS)
