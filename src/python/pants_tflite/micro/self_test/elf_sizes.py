# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""How much flash and memory an ELF file uses, by its section headers."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Iterator

_MAGIC = b"\x7fELF"
_LITTLE_ENDIAN = 1
_NO_CONTENT = 8
_WRITABLE = 1
_IN_MEMORY = 2
# In the file's header: where the section headers begin, their size and their number.
_PLACE = {1: ("<I", 32), 2: ("<Q", 40)}
_COUNT = {1: ("<HH", 46), 2: ("<HH", 58)}
# In a section's header: type and flags, then its size after its address and offset.
_SECTION = {1: "<4xII8xI", 2: "<4xIQ16xQ"}


@dataclass(frozen=True)
class ElfSizes:
    """In bytes, as the program `size` counts: `text` is code and constants."""

    text: int
    data: int
    bss: int

    @property
    def flash(self) -> int:
        """What is stored: code, constants and the initial values of variables."""
        return self.text + self.data


def _sections(elf: bytes) -> Iterator[tuple[int, int, int]]:
    """The type, flags and size of each section."""
    assert elf[:4] == _MAGIC and elf[5] == _LITTLE_ENDIAN, "not a little-endian ELF file"
    bits = elf[4]
    (place,) = struct.unpack_from(_PLACE[bits][0], elf, _PLACE[bits][1])
    size, count = struct.unpack_from(_COUNT[bits][0], elf, _COUNT[bits][1])
    for index in range(count):
        kind, flags, length = struct.unpack_from(_SECTION[bits], elf, place + index * size)
        yield kind, flags, length


def elf_sizes(elf: bytes) -> ElfSizes:
    """The sizes of a program or an object, given its file's content."""
    text = data = bss = 0
    for kind, flags, size in _sections(elf):
        if not flags & _IN_MEMORY:
            continue
        if kind == _NO_CONTENT:
            bss += size
        elif flags & _WRITABLE:
            data += size
        else:
            text += size
    return ElfSizes(text, data, bss)
