# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `measure` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message

# The units in which a difference is counted.
STEPS = "steps"
RELATIVE = "relative"
VALUES = "values"


@dataclass(frozen=True)
class KernelProgram:
    """The path of a program with TFLite Micro and kernels of custom ops in it; `runtime` and
    `version` are those of its TFLite Micro."""

    path: str
    runtime: str
    version: str


@dataclass(frozen=True)
class MicroKernelOps:
    """The custom ops of a model that have kernels besides TFLite Micro's own, and what runs them, if
    anything does."""

    ops: tuple[str, ...]
    program: Optional[KernelProgram]


@dataclass(frozen=True)
class MeasureRequest(Message):
    """Golden files are there for a model that LiteRT ran, `kernels` for one that needs some."""

    PROGRAM: ClassVar[str] = "pants_tflite.micro.sandbox.measure"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("measurement.json",)

    model: str
    golden_input: Optional[str]
    golden_output: Optional[str]
    kernels: Optional[MicroKernelOps]


@dataclass(frozen=True)
class Lack:
    """`count` ops of the model fail for the same `cause`."""

    op: str
    cause: str
    count: int


@dataclass(frozen=True)
class Refusal:
    """Why TFLite Micro does not run a model, in a sentence, and every op that does not work."""

    cause: str
    lacks: tuple[Lack, ...]


@dataclass(frozen=True)
class ArenaTensor:
    """A tensor that takes room in the arena."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int


@dataclass(frozen=True)
class ArenaReport:
    """`smallest` is the bytes that the model works in, of which it keeps `persistent` for itself if
    other models work in the same arena, and has tensors in `overlaid`, where theirs are too. They are
    None if the model has custom ops and nothing runs their kernels."""

    smallest: Optional[int]
    largest_tensor: ArenaTensor
    persistent: Optional[int] = None
    overlaid: Optional[int] = None


@dataclass(frozen=True)
class OutputDifference:
    """How far an output is from LiteRT's over all calls.

    `largest_difference` is counted in the `unit`: in "steps" of the quantization, so 1 is the least
    significant bit (`step` is what one is worth in what the output stores); for real numbers
    "relative" to the largest of the expected ones; for other integers in their own "values". It is
    None if there is no number on one side.
    """

    name: str
    dtype: str
    unit: str
    step: Optional[float]
    largest_difference: Optional[float]
    elements: int
    differing_elements: int
    exact: bool


@dataclass(frozen=True)
class GoldenReport:
    """`not_compared` says why the golden vectors cannot be replayed, if they cannot."""

    not_compared: Optional[str]
    calls: int
    outputs: tuple[OutputDifference, ...]


@dataclass(frozen=True)
class MeasuredOn:
    """The runtime that measured."""

    runtime: str
    version: str
    pointer_bits: int


@dataclass(frozen=True)
class MeasurementReport(Message):
    """With a `refusal`, `arena` and `golden` are None; `golden` is None without golden vectors
    too."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "measurement.json"

    refusal: Optional[Refusal]
    arena: Optional[ArenaReport]
    golden: Optional[GoldenReport]
    measured_on: MeasuredOn
