# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Lists the ops of a `.tflite` file, without an interpreter."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Iterator

from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Op, Subgraph
from pants_tflite.sandbox.tflite.list_ops_protocol import ListOpsRequest, OpsReport, OpUse
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.origins import layer_of


def count_macs(op: Op, graph: Subgraph) -> int:
    """The multiply-accumulates of one call, for the sizes that the file says."""
    tensors = [graph.tensors[index] for index in op.inputs]
    if len(tensors) < 2 or not op.outputs:
        return 0
    name, result = op.code.name, graph.tensors[op.outputs[0]]
    weights = tensors[1].shape
    if name == "CONV_2D":
        return result.elements * math.prod(weights[1:])
    if name == "DEPTHWISE_CONV_2D":
        return result.elements * math.prod(weights[1:3])
    if name == "CONV_3D":
        return result.elements * math.prod(weights[:-1])
    if name == "FULLY_CONNECTED":
        return result.elements * weights[-1] if weights else 0
    if name == "TRANSPOSE_CONV" and len(tensors) > 2:
        return tensors[2].elements * math.prod(weights[:3])
    if name == "BATCH_MATMUL":
        # Whichever of the two is transposed: both have the depth, and each a side of the result.
        batch = math.prod(result.shape[:-2]) or 1
        sides = max(1, math.prod(result.shape[-2:]))
        share = (tensors[0].elements // batch) * (tensors[1].elements // batch) // sides
        return result.elements * math.isqrt(share)
    return 0


def made_tensor(op: Op, graph: Subgraph) -> str:
    """The name of the tensor that an op makes. One that stores a value in a variable has no output, but
    that value."""
    made = [graph.tensors[index].name for index in op.outputs or op.inputs[-1:]]
    return made[0] if made else ""


def list_ops(model: Model) -> OpsReport:
    """All ops of all graphs."""
    entries = {signature.subgraph for signature in model.callables}
    return OpsReport(
        tuple(
            op
            for number, graph in enumerate(model.subgraphs)
            for op in _ops_of(number, graph, is_entry=number in entries)
        )
    )


def _ops_of(number: int, graph: Subgraph, *, is_entry: bool) -> Iterator[OpUse]:
    behind_weights: set[int] = set()
    for op in graph.ops:
        macs = count_macs(op, graph)
        if macs or behind_weights.intersection(op.inputs):
            behind_weights.update(op.outputs)
        tensors = [graph.tensors[index] for index in (*op.inputs, *op.outputs)]
        made = made_tensor(op, graph)
        yield OpUse(
            subgraph=number,
            op=op.code.name,
            version=op.code.version,
            custom=op.code.custom,
            tensor=made,
            layer=layer_of(made) if made else "",
            dtypes=tuple(sorted({tensor.dtype for tensor in tensors})),
            macs=macs,
            is_before_weights=is_entry and not behind_weights.intersection(op.outputs),
        )


def main(request: ListOpsRequest) -> None:
    write_report(list_ops(parse_model(Path(request.model).read_bytes())))


if __name__ == "__main__":
    run(main, ListOpsRequest)
