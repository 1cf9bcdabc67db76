# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `compile_for_npu` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class CompileForNpuRequest(Message):
    """Asks Vela to compile the file `model` for an `accelerator`. The system configuration and the
    memory mode are sections of the file `config`, or of Vela's own without one."""

    PROGRAM: ClassVar[str] = "pants_tflite.micro.npu.sandbox.compile_for_npu"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("model.tflite", "npu.json")

    model: str
    accelerator: str
    system_config: str
    memory_mode: str
    config: Optional[str]


@dataclass(frozen=True)
class RefusedNpuOp:
    """Why Vela leaves the op that makes `tensor` on the CPU, in its own words."""

    tensor: str
    reason: str


@dataclass(frozen=True)
class NpuReport(Message):
    """What Vela says of a model that it compiled.

    `vela` is its version. All figures are its estimates. Memory is in bytes, by kind: `sram` is that of the tensors. `cycles` are
    those of the NPU for one inference, with its waits for memory; `npu_cycles` count only its own work.
    """

    FILE: ClassVar[str] = "npu.json"

    vela: str
    accelerator: str
    system_config: str
    memory_mode: str
    cycles: int
    npu_cycles: int
    macs: int
    sram: int
    dram: int
    on_chip_flash: int
    off_chip_flash: int
    refused: tuple[RefusedNpuOp, ...]
