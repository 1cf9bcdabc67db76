# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Shares out the bytes of a `.tflite` file among its ops, without an interpreter."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Mapping

from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Subgraph, Tensor
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.origins import layer_of
from pants_tflite.sandbox.tflite.weigh_model_protocol import (
    StoredTensor,
    WeighedOp,
    WeighRequest,
    WeightReport,
)


def weigh(model: Model) -> WeightReport:
    """Each buffer counts once, with the first op that uses it."""
    weighed = _Weighed(model)
    ops = tuple(
        op for index, graph in enumerate(model.subgraphs) for op in weighed.ops(index, graph)
    )
    stored = sum(tensor.bytes for op in ops for tensor in op.stored)
    return WeightReport(ops=ops, bytes=model.file_bytes, other=model.file_bytes - stored)


class _Weighed:
    """Which buffers are shared out already."""

    def __init__(self, model: Model) -> None:
        self._sizes = model.buffer_bytes
        self._taken: set[int] = set()

    def ops(self, number: int, graph: Subgraph) -> Iterator[WeighedOp]:
        # The constants that a tensor is made of, by its index.
        sources: dict[int, tuple[Tensor, ...]] = {
            index: (tensor,) for index, tensor in enumerate(graph.tensors) if tensor.constant
        }
        for index, op in enumerate(graph.ops):
            folded = bool(op.inputs) and all(place in sources for place in op.inputs)
            if folded:
                constants = tuple(t for place in op.inputs for t in sources[place])
                sources.update({place: constants for place in op.outputs})
            made = graph.tensors[op.outputs[0]].name if op.outputs else ""
            yield WeighedOp(
                subgraph=number,
                index=index,
                op=op.code.name,
                tensor=made,
                layer=layer_of(made),
                stored=() if folded else tuple(self._take(op.inputs, sources)),
                folded=folded,
            )

    def _take(
        self, inputs: tuple[int, ...], sources: Mapping[int, tuple[Tensor, ...]]
    ) -> Iterator[StoredTensor]:
        for tensor in (tensor for place in inputs for tensor in sources.get(place, ())):
            size = self._sizes[tensor.buffer]
            if size and tensor.buffer not in self._taken:
                self._taken.add(tensor.buffer)
                yield StoredTensor(tensor.name, tensor.shape, tensor.dtype, size)


def main(request: WeighRequest) -> None:
    write_report(weigh(parse_model(Path(request.model).read_bytes())))


if __name__ == "__main__":
    run(main, WeighRequest)
