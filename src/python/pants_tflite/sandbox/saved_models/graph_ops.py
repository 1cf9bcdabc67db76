# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The ops of a SavedModel, read from its protobuf: loading the model takes seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Sequence

from pants_tflite.sandbox.saved_models.saved_model_proto import SAVED_MODEL_FILE

# Training with fake quantization leaves them, and TensorFlow's converter takes ranges from them.
FAKE_QUANTIZATION = (
    "FakeQuantWithMinMaxArgs",
    "FakeQuantWithMinMaxVars",
    "FakeQuantWithMinMaxVarsPerChannel",
    "QuantizeAndDequantizeV2",
    "QuantizeAndDequantizeV3",
)
LOOPS = ("StatelessWhile", "While")


@dataclass(frozen=True)
class GraphOp:
    """A node: `op` is what TensorFlow calls its kind, `layer` the scope that it was made in."""

    op: str
    layer: str


def find_ops(path: Path, kinds: Sequence[str]) -> list[GraphOp]:
    """The ops of some `kinds` of the SavedModel in the directory `path`, without repetition, sorted.

    Like the converter it also looks into functions that no signature reaches.
    """
    from tensorflow.core.protobuf import saved_model_pb2

    saved_model = saved_model_pb2.SavedModel.FromString((path / SAVED_MODEL_FILE).read_bytes())
    found = {
        GraphOp(node.op, node.name.rpartition("/")[0])
        for meta_graph in saved_model.meta_graphs
        for node in _nodes(meta_graph.graph_def)
        if node.op in kinds
    }
    return sorted(found, key=lambda op: (op.layer, op.op))


def _nodes(graph: Any) -> Iterator[Any]:
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def
