# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `compress_model` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class CompressModelRequest(Message):
    """Asks for the file `model` with its weights in tables, which TFLite Micro must run to the last bit
    as it is. Golden files are there for a model that LiteRT ran; without them nothing can be compared.
    """

    PROGRAM: ClassVar[str] = "pants_tflite.micro.compression.sandbox.compress_model"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("model.tflite", "compression.json")

    model: str
    golden_input: Optional[str]
    golden_output: Optional[str]


@dataclass(frozen=True)
class CompressedTensor:
    """A constant whose values became indices of `index_bits` bits into a table, or into one for each slice
    along `axis`, which is None for one table. `values` is the most that a table holds."""

    name: str
    index_bits: int
    axis: Optional[int]
    values: int
    bytes: int


@dataclass(frozen=True)
class CompressionReport(Message):
    """Bytes of the model and of the smallest tensor arena, before and after, and how many calls were
    compared. Without `tensors` nothing is won, and the model stays as it was: no tensor has at most
    `most_values` values, or tables of them take more than they save."""

    FILE: ClassVar[str] = "compression.json"

    tensors: tuple[CompressedTensor, ...]
    bytes_before: int
    bytes_after: int
    arena_before: int
    arena_after: int
    compared_calls: int
    most_values: int
