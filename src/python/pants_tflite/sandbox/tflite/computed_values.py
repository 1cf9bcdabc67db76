# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which values in a graph depend on its inputs, and which are known as soon as it is loaded."""

from __future__ import annotations

from pants_tflite.sandbox.tflite.flatbuffer_model import Op, Subgraph

_STATES = ("resource", "variant")
_RANDOM = ("RANDOM_", "MULTINOMIAL")
# They convert between real numbers and integers.
BORDER_OPS = ("DEQUANTIZE", "QUANTIZE")


def keeps_state(graph: Subgraph, op: Op) -> bool:
    """Whether an op reads or writes a value that lasts from call to call, outside of its tensors."""
    return any(graph.tensors[index].dtype in _STATES for index in (*op.inputs, *op.outputs))


def fixed_tensors(graph: Subgraph) -> frozenset[int]:
    """The tensors that no input and no state changes: constants, and what is computed of them alone,
    such as the float32 form of float16 weights."""
    fixed = {index for index, tensor in enumerate(graph.tensors) if tensor.constant}
    for op in graph.ops:
        is_fixed = bool(op.inputs) and all(index in fixed for index in op.inputs)
        if is_fixed and not keeps_state(graph, op) and not op.code.name.startswith(_RANDOM):
            fixed.update(op.outputs)
    return frozenset(fixed)
