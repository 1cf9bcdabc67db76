# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `list_ops` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class ListOpsRequest(Message):
    """Asks for the ops of the file `model`."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.tflite.list_ops"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("ops.json",)

    model: str


@dataclass(frozen=True)
class OpUse:
    """An op of the graph number `subgraph`, which makes `tensor` in the `layer`.

    `dtypes` are those of its inputs and outputs, sorted. `macs` counts its multiply-accumulates, for an
    unknown size of 1. `is_before_weights` says that nothing before it in the model multiplies with
    weights, and neither does it.
    """

    subgraph: int
    op: str
    version: int
    custom: bool
    tensor: str
    layer: str
    dtypes: tuple[str, ...]
    macs: int
    is_before_weights: bool


@dataclass(frozen=True)
class OpsReport(Message):
    """The ops in the order in which they run."""

    FILE: ClassVar[str] = "ops.json"

    ops: tuple[OpUse, ...]
