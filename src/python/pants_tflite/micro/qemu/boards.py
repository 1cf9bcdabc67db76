# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The boards that QEMU has for each Cortex-M, and how a program for one is linked and started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

LINKER_SCRIPT = "board.ld"
# What it includes, and what starts the program: files next to this module.
SECTIONS_FILE = "memory.ld"
STARTUP_FILE = "startup.c"
LINK_FLAGS = (
    "--specs=nano.specs",
    # Output and exit through semihosting.
    "--specs=rdimon.specs",
    "-nostartfiles",
    f"-Wl,-T,{LINKER_SCRIPT}",
)


@dataclass(frozen=True)
class Region:
    origin: int
    size: int

    def render(self, name: str, access: str) -> str:
        return f"  {name} ({access}) : ORIGIN = {self.origin:#010x}, LENGTH = {self.size:#x}\n"


@dataclass(frozen=True)
class Counter:
    """A counter of `ticks`, `frequency` of them a second, and one of `hundredths` of a second: the
    addresses of both, 32 bits each. They follow QEMU's own clock."""

    hundredths: int
    ticks: int
    frequency: int

    def instructions(self, ticks: int) -> int:
        """How many instructions that many ticks are, if QEMU runs with COUNTING_FLAGS."""
        return round(ticks * 1_000_000_000 / self.frequency / (1 << _NANOSECONDS_SHIFT))


# With these, QEMU's clock runs on by 2 ** 10 nanoseconds for each instruction, and by nothing else.
_NANOSECONDS_SHIFT = 10
COUNTING_FLAGS = ("-icount", f"shift={_NANOSECONDS_SHIFT},sleep=off")


@dataclass(frozen=True)
class Board:
    """`machine` is QEMU's name. `vectors` is where its processor looks for the vector table, `ram`
    its largest memory. Without a `counter`, instructions cannot be counted on it."""

    machine: str
    vectors: Region
    ram: Region
    counter: Optional[Counter] = None

    def render_linker_script(self) -> str:
        regions = self.vectors.render("VECTORS", "rx") + self.ram.render("RAM", "rwx")
        return f"MEMORY\n{{\n{regions}}}\n\nINCLUDE {SECTIONS_FILE}\n"

    def argv(self, qemu: str, program: str) -> tuple[str, ...]:
        """The command that runs `program`; its exit code is QEMU's own."""
        return (
            qemu,
            *("-machine", self.machine),
            *("-display", "none"),
            *("-monitor", "none"),
            *("-serial", "none"),
            *("-semihosting-config", "enable=on,target=native"),
            *("-kernel", program),
        )


_MEBIBYTE = 1 << 20
_MPS2_CODE = Region(0x00000000, 4 * _MEBIBYTE)


def _fpgaio(address: int, megahertz: int) -> Counter:
    """The counters of an MPS2 board's block of that name."""
    return Counter(address + 0x14, address + 0x18, megahertz * 1_000_000)


_MPS2_COUNTER = _fpgaio(0x40028000, 25)
_AN385 = Board("mps2-an385", _MPS2_CODE, Region(0x21000000, 16 * _MEBIBYTE), _MPS2_COUNTER)
# These two start in their secure state, and see memory at its secure addresses.
_AN505 = Board(
    "mps2-an505",
    Region(0x10000000, 4 * _MEBIBYTE),
    Region(0x80000000, 16 * _MEBIBYTE),
    _fpgaio(0x50302000, 20),
)
_AN547 = Board(
    "mps3-an547",
    Region(0x10000000, _MEBIBYTE // 2),
    Region(0x70000000, 256 * _MEBIBYTE),
    _fpgaio(0x59302000, 20),
)
BOARDS = {
    # QEMU has no large board with one of these two; their instructions are among a Cortex-M3's.
    "cortex-m0": _AN385,
    "cortex-m0plus": _AN385,
    "cortex-m3": _AN385,
    "cortex-m4": Board("mps2-an386", _MPS2_CODE, Region(0x21000000, 16 * _MEBIBYTE), _MPS2_COUNTER),
    "cortex-m7": Board("mps2-an500", _MPS2_CODE, Region(0x60000000, 16 * _MEBIBYTE), _MPS2_COUNTER),
    # The instructions of a Cortex-M23 are among a Cortex-M33's.
    "cortex-m23": _AN505,
    "cortex-m33": _AN505,
    "cortex-m55": _AN547,
    # It is compiled for as a Cortex-M55, whose instructions it has.
    "cortex-m85": _AN547,
}
