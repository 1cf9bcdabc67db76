# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `probe_ops` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class ProbeRequest(Message):
    """`custom_ops` are the custom codes to try."""

    PROGRAM: ClassVar[str] = "pants_tflite.micro.sandbox.probe_ops"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("supported_ops.json",)

    custom_ops: tuple[str, ...]


@dataclass(frozen=True)
class ProbeReport(Message):
    """The names of the ops that TFLite Micro has kernels for, sorted, and its `version`."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "supported_ops.json"

    builtins: tuple[str, ...]
    custom_ops: tuple[str, ...]
    version: str
