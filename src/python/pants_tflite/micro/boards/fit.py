# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether a micro library fits a board: pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Iterable, Optional

from pants.engine.addresses import Address
from pants.engine.target import Target

from pants_tflite.micro.boards.target_types import (
    BoardCpuField,
    BoardFlashField,
    BoardNpuField,
    BoardRamField,
)
from pants_tflite.sizes import format_size

_COLUMNS = ("library", "board", "flash", "RAM", "counted", "fits")


@dataclass(frozen=True)
class Board:
    """What a board has; sizes are in bytes."""

    address: Address
    flash: int
    ram: int
    cpu: Optional[str]
    npu: Optional[str]

    @classmethod
    def of(cls, target: Target) -> Board:
        """Raises if a field of the target has no value that it takes."""
        flash, ram = target[BoardFlashField].bytes, target[BoardRamField].bytes
        assert flash is not None and ram is not None, "both fields are required"
        return cls(
            address=target.address,
            flash=flash,
            ram=ram,
            cpu=target[BoardCpuField].checked,
            npu=target[BoardNpuField].checked,
        )


@dataclass(frozen=True)
class Need:
    """What a library takes: `flash` and `ram` of its code compiled for `cpu` with `kernels`; without a
    tree of TFLite Micro those of its models and the largest arena alone, and then both are None.

    `npu_models` are those that Vela has compiled for an Ethos-U.
    """

    flash: int
    ram: int
    cpu: Optional[str] = None
    kernels: Optional[str] = None
    npu_models: tuple[str, ...] = ()

    @property
    def counted(self) -> str:
        """What of the library was counted, for people."""
        if self.cpu is None:
            return "models and arena"
        return f"all, {self.cpu}, {self.kernels} kernels"


def _too_much(kind: str, used: int, limit: int) -> tuple[str, ...]:
    over = used - limit
    return (f"{kind} {format_size(used)}, {format_size(over)} too many",) if over > 0 else ()


@dataclass(frozen=True)
class Fit:
    """How a library and a board go together. `is_named` says whether the library names the board."""

    library: str
    board: Board
    need: Need
    is_named: bool

    @property
    def problems(self) -> tuple[str, ...]:
        need, board = self.need, self.board
        lacks_npu = f"no npu for {', '.join(need.npu_models)}"
        return (
            *_too_much("flash", need.flash, board.flash),
            *_too_much("RAM", need.ram, board.ram),
            *((lacks_npu,) if need.npu_models and board.npu is None else ()),
        )

    @property
    def fails(self) -> bool:
        """Whether the library names the board and does not fit it."""
        return self.is_named and bool(self.problems)

    @property
    def verdict(self) -> str:
        if self.problems:
            return f"no: {'; '.join(self.problems)}"
        return "yes" if self.need.cpu is not None else "as far as known"

    def to_row(self) -> tuple[str, ...]:
        need, board = self.need, self.board
        return (
            self.library,
            f"{board.address}{'' if self.is_named else ' (not named)'}",
            f"{need.flash:,} of {board.flash:,}",
            f"{need.ram:,} of {board.ram:,}",
            need.counted,
            self.verdict,
        )


def has_failed(fits: Iterable[Fit]) -> bool:
    """Whether a library names a board that it does not fit."""
    return any(fit.fails for fit in fits)


def render_table(fits: Iterable[Fit]) -> str:
    rows = [_COLUMNS, *(fit.to_row() for fit in fits)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def render_json(fits: Iterable[Fit]) -> str:
    value = [
        {
            "library": fit.library,
            "board": {
                "address": str(fit.board.address),
                "flash": fit.board.flash,
                "ram": fit.board.ram,
                "cpu": fit.board.cpu,
                "npu": fit.board.npu,
            },
            "need": asdict(fit.need),
            "is_named": fit.is_named,
            "problems": fit.problems,
        }
        for fit in fits
    ]
    return json.dumps(value, sort_keys=True, indent=2)
