# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which outputs a model computes as scores between 0 and 1, by the ops that they come from."""

from __future__ import annotations

from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Signature, Subgraph

_SCORE_OPS = ("LOGISTIC", "SOFTMAX")
# They only move values, or store them in another type.
_MOVING_OPS = (
    "CONCATENATION",
    "DEQUANTIZE",
    "EXPAND_DIMS",
    "PACK",
    "QUANTIZE",
    "RESHAPE",
    "SLICE",
    "SPLIT",
    "SQUEEZE",
    "STRIDED_SLICE",
    "TRANSPOSE",
    "UNPACK",
)
_OPS_WITH_SEVERAL_VALUES = ("CONCATENATION", "PACK")
# SPLIT has the dimension first.
_OPS_WITH_VALUES_LAST = ("SPLIT",)


def score_outputs(model: Model, signature: Signature) -> frozenset[str]:
    """The names of the signature's outputs of which all values come from softmax or sigmoid."""
    graph = model.subgraphs[signature.subgraph]
    return frozenset(
        name
        for name, tensor in signature.outputs
        if _are_scores(graph, next(i for i, t in enumerate(graph.tensors) if t is tensor))
    )


def _are_scores(graph: Subgraph, tensor: int) -> bool:
    waiting, seen = [tensor], {tensor}
    while waiting:
        index = waiting.pop()
        ops = [op for op in graph.ops if index in op.outputs]
        if len(ops) != 1 or ops[0].code.custom:
            return False
        (op,) = ops
        if op.code.name in _SCORE_OPS:
            continue
        if op.code.name not in _MOVING_OPS:
            return False
        values = op.inputs
        if op.code.name not in _OPS_WITH_SEVERAL_VALUES:
            values = values[-1:] if op.code.name in _OPS_WITH_VALUES_LAST else values[:1]
        waiting += [value for value in values if value not in seen]
        seen.update(values)
    return True
