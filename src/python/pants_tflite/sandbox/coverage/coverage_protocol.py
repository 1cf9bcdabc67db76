# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a runtime says of a model: the report of every program that asks one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class RefusedOp:
    """The op at `index` among all ops of the model, in the order of its graphs, which makes `tensor`.

    `reason` is the runtime's own.
    """

    index: int
    op: str
    tensor: str
    reason: str


@dataclass(frozen=True)
class CoverageReport(Message):
    """Whether the runtime takes a model; None if it could not be asked, for the reason in `remark`.

    `answered_by` names and numbers it. A model that does not load may have no `refused` ops: `remark` then says
    what the runtime said. One that loads may have some, which a processor runs next to an NPU.
    """

    FILE: ClassVar[str] = "coverage.json"

    runtime: str
    loads: Optional[bool]
    refused: tuple[RefusedOp, ...]
    remark: str = ""
    answered_by: str = ""
