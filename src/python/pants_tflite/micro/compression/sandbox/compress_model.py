# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Compresses a model's weights into look-up tables with TFLite Micro's own tool, and compares the outputs.

The tool does not know how a tensor is quantized. A table for the whole tensor where it has a scale for
each channel, or the reverse, is accepted, and the outputs are silently wrong: so the mode follows the
quantization here, and outputs must be the same to the last bit before anything is packaged.
"""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any, Iterable, Sequence

import numpy as np
from tflite_micro import compression
from tflite_micro.tensorflow.lite.micro.compression import constant_inputs, model_editor, spec

from pants_tflite.micro.compression.sandbox.compress_model_protocol import (
    CompressedTensor,
    CompressionReport,
    CompressModelRequest,
)
from pants_tflite.micro.sandbox.arena import smallest_arena
from pants_tflite.micro.sandbox.golden import GoldenVectors, NotComparable
from pants_tflite.micro.sandbox.micro_interpreter import Wheel
from pants_tflite.micro.sandbox.op_support import generous_arena
from pants_tflite.sandbox.coverage.attempts import attempt
from pants_tflite.sandbox.harness import OUTPUT_DIR, run, write_report
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Tensor
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.packing import pack, unpack

FIELD = "compression"
MODE = "lut"
# The most bits of an index, and what each compressed tensor costs beyond its table: an op that decodes it,
# two tensors and their buffers. Whatever is estimated, only a smaller file is packaged.
_MOST_BITS = 7
_OVERHEAD = 320


def most_values(values: np.ndarray, axis: int | None) -> int:
    """How many different values a tensor has, or the slice along `axis` that has most of them."""
    if axis is None:
        return int(np.unique(values).size)
    slices = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)
    return max(int(np.unique(row).size) for row in slices)


def plan_tensor(name: str, values: np.ndarray, axis: int | None) -> CompressedTensor | None:
    """How to compress a tensor that is quantized along `axis`; None if that wins nothing."""
    count = most_values(values, axis)
    bits = max(1, math.ceil(math.log2(count)))
    tables = 1 if axis is None else values.shape[axis]
    after = math.ceil(values.size * bits / 8) + tables * 2**bits * values.itemsize + _OVERHEAD
    if bits > _MOST_BITS or after >= values.nbytes:
        return None
    return CompressedTensor(name, bits, axis, count, values.nbytes)


def axis_of(tensor: Tensor) -> int | None:
    """Along which axis a tensor has scales of its own; None if one is for all of it."""
    quantization = tensor.quantization
    if quantization is None or len(quantization.scales) == 1:
        return None
    return quantization.dimension


def plan_model(model: Model, data: bytes) -> dict[int, CompressedTensor]:
    """What to compress in the first graph, by the index of the tensor."""
    editable = model_editor.read(data).subgraphs[0]
    planned = {}
    for index, tensor in enumerate(model.subgraphs[0].tensors):
        content = editable.tensors[index].buffer
        if tensor.dtype != "int8" or not tensor.constant or content is None or not content.data:
            continue
        # Some ops read a constant before the graph runs, so it must stay one.
        if constant_inputs.find_uses(editable, editable.tensors[index]):
            continue
        values = np.frombuffer(bytes(content.data), np.int8).reshape(tensor.shape)
        found = plan_tensor(tensor.name, values, axis_of(tensor))
        if found is not None:
            planned[index] = found
    return planned


def compress(data: bytes, planned: dict[int, CompressedTensor]) -> bytes:
    """The model with those tensors in tables."""
    builder = compression.SpecBuilder()
    for index, tensor in sorted(planned.items()):
        mode: Any = spec.PerTensor() if tensor.axis is None else spec.PerChannel(axis=tensor.axis)
        builder.add_tensor(0, index).with_lut(index_bitwidth=tensor.index_bits, mode=mode)
    # The tool warns of tensors that become larger; how large the whole file is decides.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mend_shapes(bytes(compression.compress(data, builder.build())))


def mend_shapes(data: bytes) -> bytes:
    """The compressed model without the shape signatures of tensors whose shape the tool changed: indices
    are one row of bytes, whatever the shape of what they stand for."""
    model = unpack(data, field=FIELD)
    for tensor in (tensor for graph in model.subgraphs for tensor in graph.tensors):
        known = tensor.shapeSignature
        if known is not None and len(known) != len(tensor.shape):
            tensor.shapeSignature = None
    return pack(model)


def same(first: Sequence[Sequence[np.ndarray]], second: Sequence[Sequence[np.ndarray]]) -> bool:
    """Whether all outputs of all calls are the same to the last bit."""
    pairs = [(a, b) for one, other in zip(first, second, strict=True) for a, b in zip(one, other)]
    return all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in pairs)


def mistake(message: str, fix: str) -> Mistake:
    return Mistake(message, field=FIELD, value=MODE, fix=fix)


class Comparison:
    """Runs a model before and after on the calls of its golden vectors."""

    def __init__(self, golden: GoldenVectors) -> None:
        self.golden = golden

    def outputs(self, model: Model, data: bytes) -> tuple[list[list[np.ndarray]], int]:
        """The outputs of all calls, and the smallest tensor arena. Raises Mistake if a call fails."""
        runtime, enough = Wheel(data, model.subgraphs[0]), 2 * generous_arena(model)

        def run_calls(arena: int) -> list[list[np.ndarray]]:
            return runtime.run_calls(arena, self.golden.inputs, fresh=self.golden.fresh)

        whole = attempt(lambda: run_calls(enough))
        if not whole.succeeded:
            raise mistake(
                "TFLite Micro does not run the model",
                "Leave `compression` out to see which ops it lacks.",
            )
        return whole.value, smallest_arena(runtime, enough, run_calls)

    def check(
        self, before: Iterable[Sequence[np.ndarray]], after: Iterable[Sequence[np.ndarray]]
    ) -> None:
        """Raises if the outputs are not the same to the last bit."""
        if not same(list(before), list(after)):
            raise mistake(
                "TFLite Micro yields other outputs for the compressed model than for the model",
                "Leave `compression` out: TFLite Micro's tool does not compress this model rightly.",
            )


def read_golden(request: CompressModelRequest, model: Model) -> GoldenVectors:
    """Raises Mistake if there is nothing to compare with."""
    reason = "LiteRT did not run it"
    if request.golden_input is not None and request.golden_output is not None:
        try:
            return GoldenVectors.read(
                model, Path(request.golden_input), Path(request.golden_output)
            )
        except NotComparable as error:
            reason = str(error)
    raise mistake(
        f"the model has no golden vectors to compare the compressed one on: {reason}",
        "Leave `compression` out.",
    )


def main(request: CompressModelRequest) -> None:
    data = Path(request.model).read_bytes()
    model = parse_model(data)
    comparison = Comparison(read_golden(request, model))
    planned = plan_model(model, data)
    compressed = compress(data, planned) if planned else data
    if len(compressed) >= len(data):
        planned, compressed = {}, data
    before, arena_before = comparison.outputs(model, data)
    after, arena_after = comparison.outputs(parse_model(compressed), compressed)
    comparison.check(before, after)
    (OUTPUT_DIR / "model.tflite").write_bytes(compressed)
    write_report(
        CompressionReport(
            tensors=tuple(tensor for _, tensor in sorted(planned.items())),
            bytes_before=len(data),
            bytes_after=len(compressed),
            arena_before=arena_before,
            arena_after=arena_after,
            compared_calls=len(before),
            most_values=2**_MOST_BITS,
        )
    )


if __name__ == "__main__":
    run(main, CompressModelRequest)
