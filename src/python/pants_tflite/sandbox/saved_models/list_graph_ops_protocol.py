# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `list_graph_ops` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class GraphOpsRequest(Message):
    """Asks for TensorFlow's ops of the SavedModel in the folder `saved_model`. `code_lines` is the file of a
    CodeLinesReport on it, which tells its Keras layers."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.saved_models.list_graph_ops"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("graph_ops.json",)

    saved_model: str
    code_lines: Optional[str] = left_out()


@dataclass(frozen=True)
class GraphOpCount:
    """`count` nodes of a kind of op that some signature reaches; `layers` are the scopes that they were
    made in, sorted."""

    op: str
    count: int
    layers: tuple[str, ...]


@dataclass(frozen=True)
class GraphOpsReport(Message):
    """The ops that signatures reach, by name, and how many kinds the file names in all.

    What chooses among detections is computed from the Keras layers `behind_choice`, without another layer in
    between, as far as they are known.
    """

    FILE: ClassVar[str] = "graph_ops.json"

    ops: tuple[GraphOpCount, ...]
    named: int
    behind_choice: tuple[str, ...] = left_out(())
