# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `write_deb` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class DebRequest(Message):
    """`directory` holds the files below the system's root, as they are installed; `control` are the fields
    of the package in the order in which they are written, `changelog` is a Debian changelog, and
    `scripts` are what dpkg runs, by their names, such as `prerm`.
    """

    PROGRAM: ClassVar[str] = "pants_tflite.linux.sandbox.write_deb"

    directory: str
    filename: str
    control: tuple[tuple[str, str], ...]
    copyright: str
    changelog: str
    scripts: tuple[tuple[str, str], ...] = ()

    def output_files(self) -> tuple[str, ...]:
        return (self.filename,)
