# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `weigh_model` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class WeighRequest(Message):
    """Asks how the bytes of the file `model` are shared out."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.tflite.weigh_model"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("weights.json",)

    model: str


@dataclass(frozen=True)
class StoredTensor:
    """A constant in the file, and the `bytes` that it takes there."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int


@dataclass(frozen=True)
class WeighedOp:
    """The op at `index` of the graph number `subgraph`, which makes `tensor` in the `layer`.

    `stored` are the constants that it uses, each only with the first op that does. What converts
    constants alone, such as the DEQUANTIZE of float16 weights, is `folded`: its constants are with the
    op that uses its result.
    """

    subgraph: int
    index: int
    op: str
    tensor: str
    layer: str
    stored: tuple[StoredTensor, ...]
    folded: bool


@dataclass(frozen=True)
class WeightReport(Message):
    """`bytes` are those of the file, `other` are in no op's constants: its structure and metadata."""

    FILE: ClassVar[str] = "weights.json"

    ops: tuple[WeighedOp, ...]
    bytes: int
    other: int
