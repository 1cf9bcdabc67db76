# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `find_differing_op` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.micro.sandbox.measure_protocol import MicroKernelOps, OutputDifference
from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class FindDifferingOpRequest(Message):
    """The golden files are those that TFLite Micro does not reproduce. `kernels` are what it needs for
    custom ops, and `litert_kernels` what LiteRT needs for them."""

    PROGRAM: ClassVar[str] = "pants_tflite.micro.sandbox.find_differing_op"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("differing_op.json",)

    model: str
    golden_input: str
    golden_output: str
    kernels: Optional[MicroKernelOps]
    litert_kernels: tuple[KernelLibrary, ...]


@dataclass(frozen=True)
class DifferingOp:
    """The op at `index` of the main graph, whose `difference` is that of its output `tensor`. The
    `layer` is the scope of the model's code that it comes from, or empty if the file does not say.
    """

    index: int
    op: str
    tensor: str
    layer: str
    difference: OutputDifference


@dataclass(frozen=True)
class DifferingOpReport(Message):
    """`first` is the first op whose output differs as the model runs, so that it alone makes the
    difference. `worst` differs most if every op is given LiteRT's values, in units of its own output;
    it is None if no op can be run alone. `not_found` says why there is no `first`, if there is none.
    """

    FILE: ClassVar[str] = "differing_op.json"

    not_found: Optional[str]
    first: Optional[DifferingOp]
    worst: Optional[DifferingOp]
