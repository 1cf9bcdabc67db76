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
_OF_A_THREAD = 1 << 10
# In the file's header: where the section headers begin, their size and their number.
_PLACE = {1: ("<I", 32), 2: ("<Q", 40)}
_COUNT = {1: ("<HH", 46), 2: ("<HH", 58)}
# Next to it: the number of the section that holds the sections' names.
_NAMES = {1: ("<H", 50), 2: ("<H", 62)}
# In a section's header: where its name is, type, flags, then after its address where it is, and its size.
_SECTION = {1: "<III4xII", 2: "<IIQ8xQQ"}

TEXT = "text"
DATA = "data"
BSS = "bss"


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


@dataclass(frozen=True)
class _Section:
    name: int
    kind: int
    flags: int
    offset: int
    size: int

    @property
    def is_in_memory(self) -> bool:
        """A thread's variables without initial values are not: each thread's are elsewhere."""
        return bool(self.flags & _IN_MEMORY) and not (
            self.kind == _NO_CONTENT and self.flags & _OF_A_THREAD
        )


def _sections(elf: bytes) -> Iterator[_Section]:
    assert elf[:4] == _MAGIC and elf[5] == _LITTLE_ENDIAN, "not a little-endian ELF file"
    bits = elf[4]
    (place,) = struct.unpack_from(_PLACE[bits][0], elf, _PLACE[bits][1])
    size, count = struct.unpack_from(_COUNT[bits][0], elf, _COUNT[bits][1])
    for index in range(count):
        yield _Section(*struct.unpack_from(_SECTION[bits], elf, place + index * size))


def elf_sizes(elf: bytes) -> ElfSizes:
    """The sizes of a program or an object, given its file's content."""
    text = data = bss = 0
    for section in _sections(elf):
        if not section.is_in_memory:
            continue
        if section.kind == _NO_CONTENT:
            bss += section.size
        elif section.flags & _WRITABLE:
            data += section.size
        else:
            text += section.size
    return ElfSizes(text, data, bss)


def sections_in_memory(elf: bytes) -> dict[str, str]:
    """The sections that a program has on the device, by name, and what each is: TEXT, DATA or BSS."""
    sections = list(_sections(elf))
    bits = elf[4]
    (index,) = struct.unpack_from(_NAMES[bits][0], elf, _NAMES[bits][1])
    names = elf[sections[index].offset :]
    kinds = {}
    for section in sections:
        if section.is_in_memory:
            name = names[section.name : names.index(b"\0", section.name)].decode()
            is_data = section.flags & _WRITABLE
            kinds[name] = BSS if section.kind == _NO_CONTENT else DATA if is_data else TEXT
    return kinds
