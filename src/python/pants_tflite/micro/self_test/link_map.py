# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What GNU ld's map of a program says: which object each piece of it is from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Collection, Iterator

# Before it are the sections that were left out.
_START = "Linker script and memory map"
_NUMBER = "0x[0-9a-f]+"
# Long names have a line of their own.
_OUTPUT_SECTION = re.compile(rf"(\.?[\w.$-]+)(?:\s+{_NUMBER}\s+{_NUMBER}(?: .*)?)?")
_PIECE = re.compile(rf" ([^\s*(]\S*)\s+{_NUMBER}\s+({_NUMBER})(?: (.+))?")
_PIECE_NAME = re.compile(r" ([^\s*(]\S*)")
_REST_OF_PIECE = re.compile(rf"\s+{_NUMBER}\s+({_NUMBER}) (\S.*)")


@dataclass(frozen=True)
class Piece:
    """`size` bytes of the section `output`, which were the section `name` of the object `origin`: a
    path, or that of an archive and in parentheses that of a file in it."""

    output: str
    name: str
    size: int
    origin: str


def read_link_map(text: str, sections: Collection[str]) -> Iterator[Piece]:
    """The pieces of those `sections` of the program."""
    output = name = ""
    _, start, rest = text.partition(_START)
    assert start, "that is not a map of GNU ld's"
    for line in rest.splitlines():
        section = _OUTPUT_SECTION.fullmatch(line)
        piece, piece_name = _PIECE.fullmatch(line), _PIECE_NAME.fullmatch(line)
        more = _REST_OF_PIECE.fullmatch(line)
        size = origin = ""
        if section:
            output, name = section[1], ""
        elif piece and piece[3]:
            name, size, origin = piece[1], piece[2], piece[3]
        elif piece_name:
            name = piece_name[1]
        elif more and name and more[2] != "(size before relaxing)":
            size, origin = more[1], more[2]
        if size and int(size, 16) and output in sections:
            yield Piece(output, name, int(size, 16), origin.strip())
        if size:
            name = ""
