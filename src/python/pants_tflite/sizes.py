# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Sizes and counts in fields: "64KiB", "3MB", "4M"."""

from __future__ import annotations

import re
from typing import Mapping, Optional

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
_COUNT_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3}
_COUNT = re.compile(
    rf"(0|[1-9][0-9]*)(\.[0-9]+)? ?({'|'.join(filter(None, _COUNT_UNITS))}|)", re.ASCII
)
_SIZE = re.compile(rf"(0|[1-9][0-9]*)(\.[0-9]+)? ?({'|'.join(_UNITS)})", re.ASCII)
# For the help of fields that hold a size.
SIZE_HELP = "a number and a unit: B, KB (1000 bytes), KiB (1024), MB, MiB, GB or GiB"
# For the help of fields that hold a count.
COUNT_HELP = "a number, with K for thousands, M for millions or G for billions if you like"


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
    return _whole(match, _UNITS) if match else None


def _whole(match: re.Match[str], units: Mapping[str, int]) -> Optional[int]:
    whole, fraction, unit = match.groups()
    digits = (fraction or ".")[1:]
    size, rest = divmod(int(whole + digits) * units[unit], 10 ** len(digits))
    return None if rest else size


class CountField(StringField, AsyncFieldMixin):
    """A count of something, or nothing."""

    @property
    def count(self) -> Optional[int]:
        """The count. Raises if the value is not one."""
        if self.value is None:
            return None
        count = parse_count(self.value)
        if count is None or count < 1:
            raise Mistake.of(
                self,
                message="that is not a whole number of at least one",
                fix=f'Give {COUNT_HELP}, as in `{self.alias}="4M"`.',
            )
        return count


def parse_count(text: str) -> Optional[int]:
    """The count; None if it is not one, or not a whole one."""
    match = _COUNT.fullmatch(text)
    return _whole(match, _COUNT_UNITS) if match else None


def format_size(size: int) -> str:
    """A size for people to read: exact, with digits grouped."""
    return f"{size:,} bytes" if size != 1 else "1 byte"
