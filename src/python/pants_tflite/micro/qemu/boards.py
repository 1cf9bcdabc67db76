# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The boards that QEMU has for each processor, and how a program for one is linked, started and counted.

All that differs between kinds of processors is here: other modules ask a board.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

from pants.util.frozendict import FrozenDict

from pants_tflite.cc.platforms import Platform

LINKER_SCRIPT = "board.ld"
_NANOSECONDS_A_SECOND = 1_000_000_000


@dataclass(frozen=True)
class Region:
    """A memory of a board, which a linker script calls `name`; `access` is in the script's letters."""

    name: str
    access: str
    origin: int
    size: int

    def render(self) -> str:
        return f"  {self.name} ({self.access}) : ORIGIN = {self.origin:#010x}, LENGTH = {self.size:#x}\n"


@dataclass(frozen=True)
class Counter:
    """A counter of `frequency` ticks a second that follows QEMU's own clock.

    With `qemu_flags` that clock runs on by 2 ** `shift` nanoseconds for each instruction, and by
    nothing else. `header` is the template of the C++ header that reads the counter, and `values`
    are what it is filled with.
    """

    header: str
    frequency: int
    shift: int
    values: Mapping[str, str] = FrozenDict()

    @property
    def qemu_flags(self) -> tuple[str, ...]:
        return ("-icount", f"shift={self.shift},sleep=off")

    def instructions(self, ticks: int) -> int:
        """How many instructions that many ticks are, if QEMU runs with `qemu_flags`."""
        return round(ticks * _NANOSECONDS_A_SECOND / self.frequency / (1 << self.shift))


@dataclass(frozen=True)
class Family:
    """Boards whose processors are of one kind.

    `qemu` is the program that emulates them, and `package` Debian's name for it. `startup` starts a
    program and `sections` places what is in it: files next to this module. `link_flags` are for the
    compiler driver, which links; libraries among them come after all else.
    """

    qemu: str
    package: str
    startup: str
    sections: str
    link_flags: tuple[str, ...]

    @property
    def not_found(self) -> str:
        """What to say where its emulator is not installed."""
        return f"`{self.qemu}` was not found (Debian: `{self.package}`)"


@dataclass(frozen=True)
class Board:
    """`machine` is QEMU's name, and `options` are what it needs besides."""

    family: Family
    machine: str
    regions: tuple[Region, ...]
    counter: Counter
    options: tuple[str, ...] = ()

    @property
    def link_flags(self) -> tuple[str, ...]:
        # Of the driver, which takes picolibc's script unless it sees another itself.
        return ("-nostartfiles", "-T", LINKER_SCRIPT, *self.family.link_flags)

    def render_linker_script(self) -> str:
        regions = "".join(region.render() for region in self.regions)
        return f"MEMORY\n{{\n{regions}}}\n\nINCLUDE {self.family.sections}\n"

    def argv(self, qemu: str, program: str) -> tuple[str, ...]:
        """The command that runs `program`; its exit code is QEMU's own."""
        return (
            qemu,
            *("-machine", self.machine),
            *self.options,
            *("-display", "none"),
            *("-monitor", "none"),
            *("-serial", "none"),
            *("-semihosting-config", "enable=on,target=native"),
            *("-kernel", program),
        )


_MEBIBYTE = 1 << 20

# -----------------------------------------------------------------------------------------------
# Cortex-M
# -----------------------------------------------------------------------------------------------

_CORTEX_M = Family(
    qemu="qemu-system-arm",
    package="qemu-system-arm",
    startup="startup_cortex_m.c",
    sections="memory_cortex_m.ld",
    # newlib; output and exit through semihosting.
    link_flags=("--specs=nano.specs", "--specs=rdimon.specs"),
)


def _fpgaio(address: int, megahertz: int) -> Counter:
    """The counters of an MPS2 board's block of that name: one of hundredths of a second, and one
    that is finer and wraps after 32 bits."""
    frequency = megahertz * 1_000_000
    return Counter(
        header="interval_fpgaio.h.in",
        frequency=frequency,
        # With fewer nanoseconds an instruction, a tick would be more than one.
        shift=10,
        values=FrozenDict(
            hundredths=f"{address + 0x14:#x}",
            ticks=f"{address + 0x18:#x}",
            ticks_a_hundredth=str(frequency // 100),
        ),
    )


def _mps(machine: str, *, vectors: Region, ram: Region, counter: Counter) -> Board:
    """The processor looks for its vector table in `vectors`; `ram` is the board's largest memory."""
    return Board(_CORTEX_M, machine, (vectors, ram), counter)


def _vectors(origin: int, size: int) -> Region:
    return Region("VECTORS", "rx", origin, size)


def _ram(origin: int, mebibytes: int) -> Region:
    return Region("RAM", "rwx", origin, mebibytes * _MEBIBYTE)


_MPS2_CODE = _vectors(0x00000000, 4 * _MEBIBYTE)
_MPS2_COUNTER = _fpgaio(0x40028000, 25)
_AN385 = _mps("mps2-an385", vectors=_MPS2_CODE, ram=_ram(0x21000000, 16), counter=_MPS2_COUNTER)
_AN386 = _mps("mps2-an386", vectors=_MPS2_CODE, ram=_ram(0x21000000, 16), counter=_MPS2_COUNTER)
_AN500 = _mps("mps2-an500", vectors=_MPS2_CODE, ram=_ram(0x60000000, 16), counter=_MPS2_COUNTER)
# These two start in their secure state, and see memory at its secure addresses.
_AN505 = _mps(
    "mps2-an505",
    vectors=_vectors(0x10000000, 4 * _MEBIBYTE),
    ram=_ram(0x80000000, 16),
    counter=_fpgaio(0x50302000, 20),
)
_AN547 = _mps(
    "mps3-an547",
    vectors=_vectors(0x10000000, _MEBIBYTE // 2),
    ram=_ram(0x70000000, 256),
    counter=_fpgaio(0x59302000, 20),
)

# -----------------------------------------------------------------------------------------------
# RISC-V
# -----------------------------------------------------------------------------------------------

_RISCV_32 = Family(
    qemu="qemu-system-riscv32",
    package="qemu-system-misc",
    startup="startup_riscv.c",
    sections="memory_riscv.ld",
    # picolibc, whose own C++ library not every compiler has; nothing of TFLite Micro's needs one.
    link_flags=("-nodefaultlibs", "-Wl,--start-group", "-lc", "-lm", "-lgcc", "-Wl,--end-group"),
)
_VIRT = Board(
    family=_RISCV_32,
    machine="virt",
    # The firmware would be in the program's place. QEMU's processor has more than it should
    # otherwise, and would run what a real one refuses.
    options=("-bios", "none", "-cpu", "rv32,a=off,f=off,d=off"),
    regions=(_ram(0x80000000, 64),),
    # It counts in nanoseconds of QEMU's clock, which are one for each instruction.
    counter=Counter(header="interval_instret.h.in", frequency=_NANOSECONDS_A_SECOND, shift=0),
)

BOARDS = {
    # QEMU has no large board with one of these two; their instructions are among a Cortex-M3's.
    "cortex-m0": _AN385,
    "cortex-m0plus": _AN385,
    "cortex-m3": _AN385,
    "cortex-m4": _AN386,
    "cortex-m7": _AN500,
    # The instructions of a Cortex-M23 are among a Cortex-M33's.
    "cortex-m23": _AN505,
    "cortex-m33": _AN505,
    "cortex-m55": _AN547,
    # It is compiled for as a Cortex-M55, whose instructions it has.
    "cortex-m85": _AN547,
    "rv32imc": _VIRT,
}


def link_flags(platform: Platform) -> tuple[str, ...]:
    """What links a program for a platform's board; nothing for the host, which has none."""
    board = BOARDS.get(platform.name)
    return board.link_flags if board is not None else ()
