# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Ops of a model of an integer mode that compute in floats: which, how many, and whether they may.

A converter leaves an op in floats if there is no integer form of it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Iterator, Sequence

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import HYBRID_MODE_NAMES, NOT_FOR_MICRO, Mode
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Op, Subgraph, Tensor
from pants_tflite.sandbox.tflite.origins import layer_of
from pants_tflite.sandbox.verification.verify_protocol import FloatOp

FLOATS = ("bfloat16", "float16", "float32", "float64")
# They convert between real numbers and integers, or read no values.
_BORDER_OPS = ("CAST", "DEQUANTIZE", "QUANTIZE", "SHAPE")


@dataclass(frozen=True)
class FloatFallback:
    """Whether ops may compute in floats, and at most how many; None is any number."""

    allowed: bool = False
    limit: int | None = None


# Two nodes can be alike, so each equals only itself.
@dataclass(frozen=True, eq=False)
class Node:
    """An op with the graph that its tensors are in."""

    graph: Subgraph
    op: Op

    @classmethod
    def of(cls, model: Model) -> list[Node]:
        """All builtin ops; what a custom op computes in is its kernel's business."""
        return [
            cls(graph, op) for graph in model.subgraphs for op in graph.ops if not op.code.custom
        ]

    @property
    def tensors(self) -> Iterator[Tensor]:
        yield from (self.graph.tensors[index] for index in (*self.op.inputs, *self.op.outputs))

    @property
    def float_tensor(self) -> Tensor | None:
        """The first float that the op computes with, unless it only converts it."""
        if self.op.code.name in _BORDER_OPS:
            return None
        return next((tensor for tensor in self.tensors if tensor.dtype in FLOATS), None)

    def is_integer(self, mode: Mode) -> bool:
        """Whether the op computes with quantized activations of the mode's type, and no floats."""
        if self.op.code.name in _BORDER_OPS or self.float_tensor is not None:
            return False
        return any(
            tensor.dtype == mode.activation_type and tensor.quantization is not None
            for tensor in self.tensors
        )

    def describe(self) -> FloatOp:
        # An op that stores a value in a variable has no output, but that value.
        indices = self.op.outputs or self.op.inputs[-1:]
        name = self.graph.tensors[indices[0]].name if indices else ""
        return FloatOp(op=self.op.code.name, tensor=name, layer=layer_of(name))


def check_float_ops(
    float_ops: Sequence[FloatOp], total: int, mode: Mode, allowed: FloatFallback
) -> None:
    """Raises Mistake where more of `total` ops compute in floats than may."""
    if not float_ops:
        return
    how_many = f"{len(float_ops)} of {total} ops compute in floats: {list_ops(float_ops)}"
    if not allowed.allowed:
        raise Mistake(
            f"the model is not {mode.name} throughout, for {how_many}",
            field="quantization",
            value=mode.name,
            fix=(
                f'Leave them in float32 with `tflite_quantization(mode="{mode.name}", '
                f"float_fallback=True, max_float_ops={len(float_ops)})`: then each costs a "
                "conversion of its inputs and outputs, and a device needs floating point. Or "
                "replace the layers that they come from, or choose "
                f"{' or '.join(HYBRID_MODE_NAMES)}. {NOT_FOR_MICRO}."
            ),
        )
    if allowed.limit is not None and len(float_ops) > allowed.limit:
        raise Mistake(
            how_many,
            field="max_float_ops",
            value=allowed.limit,
            fix=f"Replace layers that they come from, or raise the limit to {len(float_ops)}.",
        )


def list_ops(ops: Sequence[FloatOp]) -> str:
    """All ops in words, grouped by the layers that they come from."""
    by_layer: dict[str, Counter[str]] = {}
    for op in ops:
        by_layer.setdefault(f"`{op.layer or op.tensor}`", Counter())[op.op] += 1
    return "; ".join(
        f"in {layer} {', '.join(_counted(name, count) for name, count in sorted(ops.items()))}"
        for layer, ops in sorted(by_layer.items())
    )


def _counted(name: str, count: int) -> str:
    return name if count == 1 else f"{name} ({count} times)"
