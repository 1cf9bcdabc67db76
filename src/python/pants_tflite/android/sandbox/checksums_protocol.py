# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `checksums` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class ChecksumsRequest(Message):
    """`directory` is the top of a Maven repository."""

    PROGRAM: ClassVar[str] = "pants_tflite.android.sandbox.checksums"

    directory: str
