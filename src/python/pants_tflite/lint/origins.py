# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Where the ops of a model come from: their layers, and the lines of the user's code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable, Iterator

from pants_tflite.sandbox.constants import FLEX_PREFIX
from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLinesReport
from pants_tflite.sandbox.saved_models.list_graph_ops_protocol import GraphOpCount
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse

_OUTPUT = re.compile(r"[:.]\d+$")
_COUNT = re.compile(r"\d+$")
_NO_LETTERS = re.compile("[^a-z0-9]")


def _plain(op: str) -> str:
    """The name of an op as TensorFlow and TensorFlow Lite both write it, and of loops as either."""
    name = op.replace(FLEX_PREFIX, "", 1)
    return _NO_LETTERS.sub("", name.lower()).replace("stateless", "", 1)


@dataclass(frozen=True)
class Origins:
    """`graph_ops` are those of the model's SavedModel, and `lines` the user's code that made its nodes;
    both are empty for a model without one. `behind_choice` is as in a GraphOpsReport."""

    graph_ops: tuple[GraphOpCount, ...] = ()
    lines: CodeLinesReport = CodeLinesReport({})
    behind_choice: tuple[str, ...] = ()

    def layers(self, op: OpUse) -> tuple[str, ...]:
        """The layer of an op. An op that makes an output of the model has a name that says nothing: it is
        in a layer with an op of its kind."""
        if op.layer:
            return (op.layer,)
        return tuple(layer for same in self._same(op) for layer in same.layers if layer)

    def code(self, ops: Iterable[OpUse]) -> tuple[str, ...]:
        """The places in the user's code that ops come from, each once."""
        nodes = (self._nodes(op) for op in ops)
        return self._texts(node for names in nodes for node in names)

    def graph_code(self, ops: Iterable[GraphOpCount]) -> tuple[str, ...]:
        """The same for ops of the SavedModel."""
        return self._texts(node for op in ops for node in _nodes_of(op))

    def _same(self, op: OpUse) -> Iterator[GraphOpCount]:
        return (other for other in self.graph_ops if _plain(other.op) == _plain(op.op))

    def _nodes(self, op: OpUse) -> list[str]:
        """The first node of those that an op was joined from that has a line."""
        for name in op.tensor.split(";"):
            plain = _OUTPUT.sub("", name)
            for node in (plain, _COUNT.sub("", plain)):
                # What calls a whole graph puts a name of its own before those of the graph; a last part
                # alone, such as `mul`, may be that of any node.
                parts = node.split("/")
                for start in range(max(1, len(parts) - 1)):
                    inner = "/".join(parts[start:])
                    if self.lines.find(inner) is not None:
                        return [inner]
        return [node for same in self._same(op) for node in _nodes_of(same)]

    def _texts(self, nodes: Iterable[str]) -> tuple[str, ...]:
        lines = map(self.lines.find, nodes)
        return tuple(dict.fromkeys(str(line) for line in lines if line is not None))


def _nodes_of(op: GraphOpCount) -> Iterator[str]:
    """The nodes of an op as TensorFlow names them: after their ops."""
    return (f"{layer}/{op.op}" if layer else op.op for layer in op.layers)
