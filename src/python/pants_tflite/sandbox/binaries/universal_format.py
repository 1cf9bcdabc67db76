# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Universal ("fat") Mach-O files: a table, and one slice for each architecture behind it.

The layout is that of Apple's <mach-o/fat.h>: big-endian, 32 bits wide.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Sequence

MAGIC = 0xCAFEBABE
_HEADER = struct.Struct(">II")
_ENTRY = struct.Struct(">IIIII")
# cputype and cpusubtype of <mach/machine.h>, and the alignment of a slice as a power of two.
_CPUS = {"aarch64": (0x0100000C, 0, 14), "x86_64": (0x01000007, 3, 12)}
_NAMES = {cpu[0]: name for name, cpu in _CPUS.items()}
# The magic number is that of Java's class files too, where a version follows it: 45 and more.
_MOST_SLICES = 30


@dataclass(frozen=True)
class Slice:
    architecture: str
    content: bytes


def is_universal(data: bytes) -> bool:
    if len(data) < _HEADER.size:
        return False
    magic, count = _HEADER.unpack_from(data)
    return bool(magic == MAGIC and count <= _MOST_SLICES)


def join(slices: Sequence[Slice]) -> bytes:
    """A universal file of `slices`, sorted by architecture. Their architectures must differ."""
    names = [item.architecture for item in slices]
    assert len(set(names)) == len(names), f"two slices of one architecture: {names}"
    table: list[bytes] = []
    body = bytearray(_HEADER.size + _ENTRY.size * len(slices))
    for item in sorted(slices, key=lambda item: item.architecture):
        cpu, subtype, alignment = _CPUS[item.architecture]
        body += b"\0" * (-len(body) % (1 << alignment))
        table.append(_ENTRY.pack(cpu, subtype, len(body), len(item.content), alignment))
        body += item.content
    header = _HEADER.pack(MAGIC, len(slices)) + b"".join(table)
    return header + bytes(body[len(header) :])


def split(data: bytes) -> list[Slice]:
    """The slices of a universal file. Raises ValueError if it is cut short or unknown."""
    slices = []
    for index in range(_HEADER.unpack_from(data)[1]):
        try:
            cpu, _, offset, size, _ = _ENTRY.unpack_from(data, _HEADER.size + index * _ENTRY.size)
        except struct.error as error:
            raise ValueError("its table is cut short") from error
        if offset + size > len(data):
            raise ValueError(f"slice {index} ends beyond the file")
        if cpu not in _NAMES:
            raise ValueError(f"slice {index} is for an unknown processor, {cpu:#x}")
        slices.append(Slice(_NAMES[cpu], data[offset : offset + size]))
    return slices
