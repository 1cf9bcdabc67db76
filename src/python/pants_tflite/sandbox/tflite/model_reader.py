# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Reads a `.tflite` file through the flatbuffer schema only, without an interpreter."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable

import numpy as np

from pants_tflite.sandbox.tflite.checked_flatbuffer import CheckedFlatbuffer, CorruptModel
from pants_tflite.sandbox.tflite.flatbuffer_model import (
    Model,
    Op,
    OpCode,
    Quantization,
    Signature,
    Subgraph,
    Tensor,
)
from pants_tflite.sandbox.tflite.schema import load_schema

schema = load_schema()

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


def _names(enumeration: type) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if name[0] != "_"}


_OP_NAMES = _names(schema.BuiltinOperator)
_DTYPES = {value: name.lower() for value, name in _names(schema.TensorType).items()}


def read_model(path: Path) -> Model:
    """Reads a `.tflite` file and checks all that this module relies on: offsets, indices, text.

    Raises CorruptModel if the file is damaged or something else.
    """
    return parse_model(path.read_bytes())


def parse_model(data: bytes) -> Model:
    """`read_model` for a file's content."""
    with CheckedFlatbuffer.reading(data, schema.Model, _STRING_SLOTS) as (file, root):
        buffers = [_Buffer.read(buffer, file) for buffer in file.tables(root, "Buffers")]
        codes = tuple(_op_code(code, file) for code in file.tables(root, "OperatorCodes"))
        graphs = tuple(
            _subgraph(graph=graph, codes=codes, buffers=buffers, file=file)
            for graph in file.tables(root, "Subgraphs")
        )
        if not graphs:
            raise CorruptModel("it holds no graph")
        metadata = [(file.text(entry), entry.Buffer()) for entry in file.tables(root, "Metadata")]
        in_other_files = [buffer.Length() for buffer in file.tables(root, "ExternalBuffers")]
        used = {tensor.buffer for graph in graphs for tensor in graph.tensors}
        model = Model(
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
            buffer_bytes=tuple(buffer.size for buffer in buffers),
        )
        _check_callable(model)
        return model


def _check_callable(model: Model) -> None:
    """Raises CorruptModel for what no caller can name, in an `.npz` neither, or cannot convert."""
    for signature in model.callables:
        _check_name("a signature", signature.name)
        for what, tensors in (("an input", signature.inputs), ("an output", signature.outputs)):
            for name, tensor in tensors:
                _check_name(what, name)
                _check_scales(tensor)


def _check_name(what: str, name: str) -> None:
    if not name:
        raise CorruptModel(f"{what} in it has an empty name")
    if "\0" in name:
        raise CorruptModel(f"the name {name!r} of {what} in it has a null character")


def _check_scales(tensor: Tensor) -> None:
    # A constant may have scales along a dimension that it lacks: TFLite Micro runs such models.
    if tensor.quantization is None or len(tensor.quantization.scales) == 1:
        return
    count, dimension = len(tensor.quantization.scales), tensor.quantization.dimension
    if count not in tensor.shape[dimension : dimension + 1]:
        raise CorruptModel(
            f"the tensor `{tensor.name}` of the shape {tensor.shape} has {count} scales for its "
            f"dimension {dimension}"
        )


@dataclass(frozen=True)
class _Buffer:
    content: bytes
    size: int
    external: bool

    @classmethod
    def read(cls, buffer: Any, file: CheckedFlatbuffer) -> _Buffer:
        # An offset of 1 is a placeholder for "not known yet", as in the runtime.
        if buffer.Offset() > 1:
            if buffer.Offset() + buffer.Size() > len(file.data):
                raise CorruptModel("a buffer ends behind the end of the file")
            return cls(b"", buffer.Size(), True)
        content = b"" if buffer.DataIsNone() else buffer.DataAsNumpy().data
        return cls(content, len(content), False)


def _op_code(code: Any, file: CheckedFlatbuffer) -> OpCode:
    # Old files have the code only in the first field; new ones have a placeholder there.
    builtin = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    if builtin not in _OP_NAMES:
        raise CorruptModel(f"it uses the unknown op code {builtin}")
    custom = builtin == schema.BuiltinOperator.CUSTOM
    return OpCode(file.text(code) if custom else _OP_NAMES[builtin], code.Version(), custom)


def _subgraph(
    graph: Any,
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


def _tensor(tensor: Any, buffers: list[_Buffer], file: CheckedFlatbuffer) -> Tensor:
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
        quantization=_quantization(tensor, name, file),
        constant=buffers[buffer].size > 0 or tensor.ExternalBuffer() > 0,
        buffer=buffer,
        variable=tensor.IsVariable(),
    )


def _quantization(tensor: Any, name: str, file: CheckedFlatbuffer) -> Quantization | None:
    """How a tensor's numbers are stored; None for one of real numbers, which some files give a scale."""
    parameters = tensor.Quantization()
    if parameters is None:
        return None
    scales = np.array(file.numbers(parameters, "Scale"), np.float32)
    if not np.isfinite(scales).all():
        raise CorruptModel(f"the tensor `{name}` has a scale that is not a finite number")
    if not scales.size or not _DTYPES[tensor.Type()].startswith(("int", "uint")):
        return None
    zero_points = tuple(file.numbers(parameters, "ZeroPoint")) or (0,) * scales.size
    if len(zero_points) != scales.size:
        raise CorruptModel(
            f"the tensor `{name}` has {scales.size} scales and {len(zero_points)} zero points"
        )
    # The shortest decimal that reads back as the same 32-bit float.
    shortest = tuple(float(str(scale)) for scale in scales)
    return Quantization(shortest, zero_points, parameters.QuantizedDimension())


def _signature(signature: Any, graphs: tuple[Subgraph, ...], file: CheckedFlatbuffer) -> Signature:
    subgraph = file.check_index(signature.SubgraphIndex(), graphs, "subgraph")
    graph = graphs[subgraph]

    def named(field: str) -> list[tuple[str, int]]:
        return [
            (file.text(entry), file.check_index(entry.TensorIndex(), graph.tensors, "tensor"))
            for entry in file.tables(signature, field)
        ]

    # The model's own order is that of the graph, by which an interpreter numbers its inputs.
    positions = {index: position for position, index in enumerate(graph.inputs)}
    inputs = sorted(named("Inputs"), key=lambda entry: positions.get(entry[1], len(positions)))

    return Signature(
        name=file.text(signature),
        subgraph=subgraph,
        inputs=tuple((name, graph.tensors[index]) for name, index in inputs),
        outputs=tuple((name, graph.tensors[index]) for name, index in named("Outputs")),
    )


def _min_runtime_version(metadata: Iterable[tuple[str, int]], buffers: list[_Buffer]) -> str | None:
    for name, index in metadata:
        if name == _MIN_RUNTIME_VERSION and index < len(buffers):
            content = bytes(buffers[index].content)
            return content.rstrip(b"\0").decode("ascii", "replace") or None
    return None
