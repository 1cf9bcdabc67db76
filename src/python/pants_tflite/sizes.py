# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Sizes in fields: "64KiB", "3MB"."""

from __future__ import annotations

import re
from typing import Optional

from pants.engine.target import AsyncFieldMixin, StringField

from pants_tflite.errors import Mistake

_UNITS = {
    "B": 1,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
}
_SIZE = re.compile(rf"(0|[1-9][0-9]*)(\.[0-9]+)? ?({'|'.join(_UNITS)})", re.ASCII)
# For the help of fields that hold a size.
SIZE_HELP = "a number and a unit: B, KB (1000 bytes), KiB (1024), MB, MiB, GB or GiB"


class SizeField(StringField, AsyncFieldMixin):
    """A size, or nothing."""

    @property
    def bytes(self) -> Optional[int]:
        """The size in bytes. Raises if the value is not a size."""
        if self.value is None:
            return None
        size = parse_size(self.value)
        if size is None or size < 1:
            raise Mistake.of(
                self,
                message="that is not a size of a whole number of bytes, at least one",
                fix=f'Give {SIZE_HELP}, as in `{self.alias}="64KiB"`.',
            )
        return size


def parse_size(text: str) -> Optional[int]:
    """The size in bytes; None if it is not a size, or not one of whole bytes."""
    match = _SIZE.fullmatch(text)
    return _bytes(match) if match else None


def _bytes(match: re.Match[str]) -> Optional[int]:
    whole, fraction, unit = match.groups()
    digits = (fraction or ".")[1:]
    size, rest = divmod(int(whole + digits) * _UNITS[unit], 10 ** len(digits))
    return None if rest else size


def format_size(size: int) -> str:
    """A size for people to read: exact, with digits grouped."""
    return f"{size:,} bytes" if size != 1 else "1 byte"
