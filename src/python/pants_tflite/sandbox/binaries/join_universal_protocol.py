# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `join_universal` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class JoinRequest(Message):
    """`slices` are paths, and `name` is the name of the file."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.binaries.join_universal"

    name: str
    slices: tuple[str, ...]

    def output_files(self) -> tuple[str, ...]:
        return (self.name,)
