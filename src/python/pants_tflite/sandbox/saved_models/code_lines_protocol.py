# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which lines of the user's code the nodes of a SavedModel come from.

The lines are for errors only. They lie next to an export and are in no artifact and no cache key: a
line that moves makes nothing new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Iterable, Mapping, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class CodeLine:
    """Where a node was made: `operation` is the name of the Keras layer or operation, `line` the file
    and line of the user's code that made the node or called that layer."""

    operation: Optional[str]
    line: Optional[str]

    def __str__(self) -> str:
        if self.operation is None:
            return f"{self.line}"
        return f"`{self.operation}`" + (f", called at {self.line}" if self.line else "")


@dataclass(frozen=True)
class CodeLinesReport(Message):
    """The lines of the nodes that have one, by the nodes' names."""

    FILE: ClassVar[str] = "code_lines.json"

    nodes: Mapping[str, CodeLine]

    def find(self, node: str) -> Optional[CodeLine]:
        """The line of a node, or of the loop or function that it is in."""
        while node and node not in self.nodes:
            node = node.rpartition("/")[0]
        return self.nodes.get(node)

    def describe(self, nodes: Iterable[str]) -> str:
        """Says where `nodes` come from, as the end of a sentence; empty if that is not known."""
        lines = {node: self.find(node) for node in nodes}
        texts = dict.fromkeys(str(line) for line in lines.values() if line is not None)
        return f"; in the code it is {' and '.join(texts)}" if texts else ""
