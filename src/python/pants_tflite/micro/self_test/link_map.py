# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What GNU ld's map of a program says: which object each piece of it is from."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Collection, Iterator

# Before it are the sections that were left out.
_START = "Linker script and memory map"
_NUMBER = "0x[0-9a-f]+"
# Long names have a line of their own.
_OUTPUT_SECTION = re.compile(rf"(\.?[\w.$-]+)(?:\s+{_NUMBER}\s+{_NUMBER}(?: .*)?)?")
_PIECE = re.compile(rf" ([^\s*(]\S*)\s+({_NUMBER})\s+({_NUMBER})(?: (.+))?")
_PIECE_NAME = re.compile(r" ([^\s*(]\S*)")
_REST_OF_PIECE = re.compile(rf"\s+({_NUMBER})\s+({_NUMBER}) (\S.*)")


@dataclass(frozen=True)
class Piece:
    """`size` bytes of the section `output`, which were the section `name` of the object `origin`: a
    path, or that of an archive and in parentheses that of a file in it."""

    output: str
    name: str
    size: int
    origin: str


@dataclass(frozen=True)
class _Placed:
    start: int
    piece: Piece


def _placed_pieces(text: str, sections: Collection[str]) -> Iterator[_Placed]:
    output = name = ""
    for line in text.splitlines():
        section = _OUTPUT_SECTION.fullmatch(line)
        piece, piece_name = _PIECE.fullmatch(line), _PIECE_NAME.fullmatch(line)
        more = _REST_OF_PIECE.fullmatch(line)
        start = size = origin = ""
        if section:
            output, name = section[1], ""
        elif piece and piece[4]:
            name, start, size, origin = piece.groups()
        elif piece_name:
            name = piece_name[1]
        elif more and name:
            start, size, origin = more.groups()
        if size and int(size, 16) and output in sections:
            placed = Piece(output, name, int(size, 16), origin.strip())
            yield _Placed(start=int(start, 16), piece=placed)
        if size:
            name = ""


def read_link_map(text: str, sections: Collection[str]) -> list[Piece]:
    """The pieces of those `sections` of the program, none of which overlap.

    Where equal strings were merged, the map places pieces over each other: the one that they were
    merged into, with the size of all, or one that is empty by now, with the size it once had. What the
    map lists later is what is there.
    """
    _, found, rest = text.partition(_START)
    assert found, "that is not a map of GNU ld's"
    pieces = []
    following: dict[str, int] = {}
    for placed in reversed(list(_placed_pieces(rest, sections))):
        start, piece = placed.start, placed.piece
        size = min(piece.size, following.get(piece.output, start + piece.size) - start)
        following[piece.output] = start
        if size > 0:
            pieces.append(replace(piece, size=size))
    return pieces[::-1]
