# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What is in a `.tflite` file, read through the flatbuffer schema alone, without an interpreter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from pants_tflite.sandbox.checked_flatbuffer import CheckedFlatbuffer, CorruptModel

# Flatbuffer fields hold their place in the vtable for good, so these never change.
_STRING_SLOTS = {
    schema.OperatorCode: 6,
    schema.Tensor: 10,
    schema.SubGraph: 12,
    schema.SignatureDef: 8,
    schema.TensorMap: 4,
    schema.Metadata: 4,
    schema.Model: 10,
}
_MIN_RUNTIME_VERSION = "min_runtime_version"
# The one signature of a model that has none of its own.
MAIN = "main"


def _names(enumeration: type) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if name[0] != "_"}


_OP_NAMES = _names(schema.BuiltinOperator)
_DTYPES = {value: name.lower() for value, name in _names(schema.TensorType).items()}


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

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class OpCode:
    """`name` is that of the builtin, or the custom code."""

    name: str
    version: int
    custom: bool


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
    """A way to call the model: argument names and the tensors they stand for."""

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

    @property
    def custom_ops(self) -> tuple[str, ...]:
        """The custom codes, sorted."""
        return tuple(sorted({code.name for code in self.op_codes if code.custom}))

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
                MAIN,
                0,
                _name_tensors("input", [graph.tensors[index] for index in graph.inputs]),
                _name_tensors("output", [graph.tensors[index] for index in graph.outputs]),
            ),
        )


def read_model(path: Path) -> Model:
    """Reads a `.tflite` file and checks all that this module relies on: offsets, indices, text.

    Raises CorruptModel where the file is damaged or something else.
    """
    return parse_model(path.read_bytes())


def parse_model(data: bytes) -> Model:
    """`read_model` for a file's content."""
    with CheckedFlatbuffer.reading(data, schema.Model, _STRING_SLOTS) as (file, root):
        buffers = [_Buffer.read(buffer, file) for buffer in file.tables(root, "Buffers")]
        codes = tuple(_op_code(code, file) for code in file.tables(root, "OperatorCodes"))
        graphs = tuple(
            _subgraph(graph, codes, buffers, file) for graph in file.tables(root, "Subgraphs")
        )
        if not graphs:
            raise CorruptModel("it holds no graph")
        metadata = [(file.text(entry), entry.Buffer()) for entry in file.tables(root, "Metadata")]
        in_other_files = [buffer.Length() for buffer in file.tables(root, "ExternalBuffers")]
        used = {tensor.buffer for graph in graphs for tensor in graph.tensors}
        return Model(
            description=file.text(root),
            schema_version=root.Version(),
            min_runtime_version=_min_runtime_version(metadata, buffers),
            metadata=tuple(sorted(name for name, _ in metadata)),
            op_codes=codes,
            subgraphs=graphs,
            signatures=tuple(
                _signature(signature, graphs, file)
                for signature in file.tables(root, "SignatureDefs")
            ),
            file_bytes=len(data),
            weights_bytes=sum(buffers[index].size for index in used) + sum(in_other_files),
            external_buffers=bool(in_other_files) or any(buffer.external for buffer in buffers),
        )


@dataclass(frozen=True)
class _Buffer:
    content: bytes
    size: int
    external: bool

    @classmethod
    def read(cls, buffer: schema.Buffer, file: CheckedFlatbuffer) -> _Buffer:
        # An offset of 1 is a placeholder for "not known yet", as in the runtime.
        if buffer.Offset() > 1:
            if buffer.Offset() + buffer.Size() > len(file.data):
                raise CorruptModel("a buffer ends behind the end of the file")
            return cls(b"", buffer.Size(), True)
        content = b"" if buffer.DataIsNone() else buffer.DataAsNumpy().data
        return cls(content, len(content), False)


def _op_code(code: schema.OperatorCode, file: CheckedFlatbuffer) -> OpCode:
    # Old files have the code in the first field alone, new ones a placeholder there.
    builtin = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    if builtin not in _OP_NAMES:
        raise CorruptModel(f"it uses the unknown op code {builtin}")
    custom = builtin == schema.BuiltinOperator.CUSTOM
    return OpCode(file.text(code) if custom else _OP_NAMES[builtin], code.Version(), custom)


def _subgraph(
    graph: schema.SubGraph,
    codes: tuple[OpCode, ...],
    buffers: list[_Buffer],
    file: CheckedFlatbuffer,
) -> Subgraph:
    tensors = tuple(_tensor(tensor, buffers, file) for tensor in file.tables(graph, "Tensors"))

    def indices(table: object, field: str, absent: tuple[int, ...] = ()) -> tuple[int, ...]:
        found = [index for index in file.numbers(table, field) if index not in absent]
        return tuple(file.check_index(index, tensors, "tensor") for index in found)

    return Subgraph(
        name=file.text(graph),
        tensors=tensors,
        inputs=indices(graph, "Inputs"),
        outputs=indices(graph, "Outputs"),
        ops=tuple(
            Op(
                codes[file.check_index(op.OpcodeIndex(), codes, "op code")],
                indices(op, "Inputs", absent=(-1,)),
                indices(op, "Outputs", absent=(-1,)),
            )
            for op in file.tables(graph, "Operators")
        ),
    )


def _tensor(tensor: schema.Tensor, buffers: list[_Buffer], file: CheckedFlatbuffer) -> Tensor:
    name = file.text(tensor)
    if tensor.Type() not in _DTYPES:
        raise CorruptModel(f"the tensor `{name}` has the unknown type {tensor.Type()}")
    shape = tuple(file.numbers(tensor, "Shape"))
    signature = tuple(file.numbers(tensor, "ShapeSignature")) or shape
    if min(shape, default=0) < 0 or min(signature, default=0) < -1 or len(shape) != len(signature):
        raise CorruptModel(f"the tensor `{name}` has the shape {shape}, {signature}")
    buffer = file.check_index(tensor.Buffer(), buffers, "buffer")
    return Tensor(
        name=name,
        shape=shape,
        shape_signature=tuple(None if size == -1 else size for size in signature),
        dtype=_DTYPES[tensor.Type()],
        quantization=_quantization(tensor.Quantization(), name, file),
        constant=buffers[buffer].size > 0 or tensor.ExternalBuffer() > 0,
        buffer=buffer,
    )


def _quantization(
    parameters: schema.QuantizationParameters | None, name: str, file: CheckedFlatbuffer
) -> Quantization | None:
    if parameters is None:
        return None
    scales = np.array(file.numbers(parameters, "Scale"), np.float32)
    if not np.isfinite(scales).all():
        raise CorruptModel(f"the tensor `{name}` has a scale that is not a finite number")
    if not scales.size:
        return None
    zero_points = tuple(file.numbers(parameters, "ZeroPoint")) or (0,) * scales.size
    if len(zero_points) != scales.size:
        raise CorruptModel(
            f"the tensor `{name}` has {scales.size} scales and {len(zero_points)} zero points"
        )
    # The shortest decimal that reads back as the same 32-bit float.
    shortest = tuple(float(str(scale)) for scale in scales)
    return Quantization(shortest, zero_points, parameters.QuantizedDimension())


def _signature(
    signature: schema.SignatureDef, graphs: tuple[Subgraph, ...], file: CheckedFlatbuffer
) -> Signature:
    subgraph = file.check_index(signature.SubgraphIndex(), graphs, "subgraph")
    tensors = graphs[subgraph].tensors

    def named(field: str) -> tuple[tuple[str, Tensor], ...]:
        return tuple(
            (file.text(entry), tensors[file.check_index(entry.TensorIndex(), tensors, "tensor")])
            for entry in file.tables(signature, field)
        )

    return Signature(file.text(signature), subgraph, named("Inputs"), named("Outputs"))


def _min_runtime_version(metadata: Iterable[tuple[str, int]], buffers: list[_Buffer]) -> str | None:
    for name, index in metadata:
        if name == _MIN_RUNTIME_VERSION and index < len(buffers):
            content = bytes(buffers[index].content)
            return content.rstrip(b"\0").decode("ascii", "replace") or None
    return None


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
