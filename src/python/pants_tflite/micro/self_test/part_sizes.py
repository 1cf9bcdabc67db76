# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""How much of a program is whose: its pieces, added up by what they belong to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Iterable, Mapping, Optional

from pants_tflite.micro.self_test.elf_sizes import BSS, DATA, elf_sizes, sections_in_memory
from pants_tflite.micro.self_test.link_map import Piece, read_link_map

# The parts of a program. What a program only needs for its test is part of none.
KERNELS = "kernels"
RUNTIME = "runtime"
MODELS = "models"
GLUE = "glue"
C_LIBRARY = "c_library"
ARENA = "arena"
PARTS = (KERNELS, RUNTIME, MODELS, GLUE, C_LIBRARY, ARENA)
# The latter on RISC-V, near what one instruction reaches.
_RODATA = (".rodata", ".srodata")


@dataclass(frozen=True)
class PartSize:
    """In bytes: code, constants, variables with initial values, and variables without."""

    text: int = 0
    rodata: int = 0
    data: int = 0
    bss: int = 0

    def __add__(self, other: PartSize) -> PartSize:
        return PartSize(
            self.text + other.text,
            self.rodata + other.rodata,
            self.data + other.data,
            self.bss + other.bss,
        )

    @property
    def flash(self) -> int:
        return self.text + self.rodata + self.data

    @property
    def ram(self) -> int:
        return self.data + self.bss


@dataclass(frozen=True)
class ProgramParts:
    """The sizes of the PARTS, in their order. `glue` is the op resolver, the start-up code and what a
    self-test has in the place of an application, `c_library` what the compiler brings."""

    kernels: PartSize
    runtime: PartSize
    models: PartSize
    glue: PartSize
    c_library: PartSize
    arena: PartSize

    @property
    def total(self) -> PartSize:
        return sum(self.by_name.values(), PartSize())

    @property
    def by_name(self) -> dict[str, PartSize]:
        return {part: getattr(self, part) for part in PARTS}

    @property
    def flash(self) -> dict[str, int]:
        """The bytes that each part stores."""
        return {name: size.flash for name, size in self.by_name.items() if size.flash}

    @property
    def ram(self) -> dict[str, int]:
        """The bytes of each part's variables; the stack and a heap come on top."""
        return {name: size.ram for name, size in self.by_name.items() if size.ram}

    def render(self) -> str:
        """A line for people."""
        return (
            f"{self.total.flash:,} bytes of flash ({listed(self.flash)}), "
            f"{self.total.ram:,} of RAM ({listed(self.ram)})"
        )

    def to_manifest(self) -> dict[str, Any]:
        return {name: asdict(size) for name, size in self.by_name.items()}


def _size_of(piece: Piece, kind: str) -> PartSize:
    if kind == BSS:
        return PartSize(bss=piece.size)
    if kind == DATA:
        return PartSize(data=piece.size)
    is_constant = piece.name.startswith(_RODATA)
    return PartSize(rodata=piece.size) if is_constant else PartSize(text=piece.size)


def _origin(piece: Piece) -> str:
    """The path of an object, or of the archive that it is in."""
    return piece.origin.partition("(")[0]


def add_up(
    elf: bytes, link_map: str, *, parts: Mapping[str, Optional[str]], arena: int
) -> ProgramParts:
    """The parts of a program.

    `parts` says what an object or archive belongs to, by its path: None is for what is left out. All
    else is the compiler's. The first `arena` bytes of the glue's variables are the models' arena.
    What the linker fills up to align something counts as glue.
    """
    kinds = sections_in_memory(elf)
    sizes = {part: PartSize() for part in PARTS}
    left_out = PartSize()
    for piece in read_link_map(link_map, kinds):
        size, part = _size_of(piece, kinds[piece.output]), parts.get(_origin(piece), C_LIBRARY)
        if part is None:
            left_out += size
        else:
            sizes[part] += size
    seen = sum(sizes.values(), left_out)
    whole = elf_sizes(elf)
    filled = PartSize(
        text=whole.text - seen.text - seen.rodata,
        data=whole.data - seen.data,
        bss=whole.bss - seen.bss,
    )
    assert min(filled.text, filled.data, filled.bss) >= 0, f"the map has too much: {filled}"
    glue = sizes[GLUE] + filled + PartSize(bss=-arena)
    assert glue.bss >= 0, f"an arena of {arena} bytes is not among the glue's variables"
    return ProgramParts(**{**sizes, GLUE: glue, ARENA: PartSize(bss=arena)})


def listed(sizes: Mapping[str, int]) -> str:
    """Sizes by name, for people: the largest first."""
    by_size: Iterable[tuple[str, int]] = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {size:,}" for name, size in by_size)
