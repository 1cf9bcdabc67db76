# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What is in a `.tflite` file."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pants_tflite.sandbox.constants import FLEX_PREFIX, MAIN_SIGNATURE

_ASSIGNING_OPS = ("ASSIGN_VARIABLE",)
_RESOURCE_OPS = (*_ASSIGNING_OPS, "READ_VARIABLE", "VAR_HANDLE")
# The only signature of a model that has none of its own.
MAIN = MAIN_SIGNATURE


@dataclass(frozen=True)
class Quantization:
    """real = scale * (stored - zero point); with several scales, one per index of `dimension`."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    dimension: int


@dataclass(frozen=True)
class Tensor:
    """`shape` has 1 for an unknown dimension, `shape_signature` None.

    `dtype` is numpy's or ml_dtypes' name of the type, or string, resource or variant. A constant's
    value is in the file, in `buffer`.
    """

    name: str
    shape: tuple[int, ...]
    shape_signature: tuple[int | None, ...]
    dtype: str
    quantization: Quantization | None
    constant: bool
    buffer: int
    # Whether it keeps its value from call to call.
    variable: bool = False

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class OpCode:
    """`name` is that of the builtin, or the custom code."""

    name: str
    version: int
    custom: bool

    @property
    def select_tf_op(self) -> str | None:
        """TensorFlow's name of the op, if this stands for one of TensorFlow's own."""
        is_flex = self.custom and self.name.startswith(FLEX_PREFIX)
        return self.name.removeprefix(FLEX_PREFIX) if is_flex else None


@dataclass(frozen=True)
class Op:
    """One node: `inputs` and `outputs` are indices of the graph's tensors, without absent ones."""

    code: OpCode
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Subgraph:
    name: str
    tensors: tuple[Tensor, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    ops: tuple[Op, ...]


@dataclass(frozen=True)
class Signature:
    """A way to call the model: argument names and the tensors they stand for. The inputs are in the
    order of the graph's."""

    name: str
    subgraph: int
    inputs: tuple[tuple[str, Tensor], ...]
    outputs: tuple[tuple[str, Tensor], ...]


@dataclass(frozen=True)
class Model:
    """A whole `.tflite` file.

    `weights_bytes` counts each constant buffer once; `external_buffers` says that some of them lie
    outside the flatbuffer, where a microcontroller's runtime does not look.
    """

    description: str
    schema_version: int
    min_runtime_version: str | None
    metadata: tuple[str, ...]
    op_codes: tuple[OpCode, ...]
    subgraphs: tuple[Subgraph, ...]
    signatures: tuple[Signature, ...]
    file_bytes: int
    weights_bytes: int
    external_buffers: bool
    # Of each buffer, whether inside of the flatbuffer or behind it.
    buffer_bytes: tuple[int, ...] = ()

    @property
    def custom_ops(self) -> tuple[str, ...]:
        """The custom codes that need a kernel of somebody's own, sorted."""
        return tuple(
            sorted({code.name for code in self.op_codes if code.custom and not code.select_tf_op})
        )

    @property
    def select_tf_ops(self) -> tuple[str, ...]:
        """The ops that need TensorFlow's own kernels, as TensorFlow calls them, sorted."""
        return tuple(sorted({code.select_tf_op for code in self.op_codes if code.select_tf_op}))

    @property
    def keeps_state(self) -> bool:
        """Whether the outputs of a call depend on the calls before it."""
        # The graph that gives variables their initial values has neither inputs nor outputs.
        return any(
            any(tensor.variable for tensor in graph.tensors)
            or any(
                op.code.name in _ASSIGNING_OPS and (graph.inputs or graph.outputs)
                for op in graph.ops
            )
            for graph in self.subgraphs
        )

    @property
    def may_keep_state(self) -> bool:
        """Whether an interpreter may have to be made anew for it: kernels of custom ops, and of
        TensorFlow's, may keep something too."""
        resources = any(code.name in _RESOURCE_OPS for code in self.op_codes)
        others = bool(self.custom_ops or self.select_tf_ops)
        return self.keeps_state or resources or others

    @property
    def callables(self) -> tuple[Signature, ...]:
        """The signatures; for a model without, one called `main` with its tensors' names.

        A tensor without a name, or with another's, is called `input_<position>` or
        `output_<position>`.
        """
        if self.signatures:
            return self.signatures
        graph = self.subgraphs[0]
        return (
            Signature(
                name=MAIN,
                subgraph=0,
                inputs=_name_tensors("input", [graph.tensors[index] for index in graph.inputs]),
                outputs=_name_tensors("output", [graph.tensors[index] for index in graph.outputs]),
            ),
        )


def _name_tensors(prefix: str, tensors: list[Tensor]) -> tuple[tuple[str, Tensor], ...]:
    names = [tensor.name for tensor in tensors]
    return tuple(
        (
            (
                tensor.name
                if tensor.name and names.count(tensor.name) == 1
                else f"{prefix}_{position}"
            ),
            tensor,
        )
        for position, tensor in enumerate(tensors)
    )
