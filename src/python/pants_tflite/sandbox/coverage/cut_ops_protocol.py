# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `cut_ops` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class CutOpsRequest(Message):
    """Asks for a model of each op of the file `model`."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.coverage.cut_ops"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("cut_ops.json",)

    model: str


@dataclass(frozen=True)
class CutOp:
    """The op at `index` among all of the model, which makes `tensor`: the file `model` has only it.

    That file works by itself if it `stands_alone`: an op that refers to another graph or to a variable
    does not.
    """

    index: int
    op: str
    custom: bool
    tensor: str
    model: str
    stands_alone: bool


@dataclass(frozen=True)
class CutOpsReport(Message):
    """The ops in the order of the model's graphs."""

    FILE: ClassVar[str] = "cut_ops.json"

    ops: tuple[CutOp, ...]
