# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writes into a `.tflite` file what follows from known shapes of its inputs.

LiteRT itself says which shapes do follow. Ops that compute nothing but sizes are run once, and their
results become constants; then more shapes are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from pants_tflite.sandbox.tflite.packing import pack, unpack

# Makes an interpreter of a model's bytes.
MakeInterpreter = Callable[[bytes], Any]
_SHAPE = schema.BuiltinOperator.SHAPE
_SIZE_OPS = frozenset(
    getattr(schema.BuiltinOperator, name)
    for name in (
        *("SHAPE", "STRIDED_SLICE", "SLICE", "PACK", "CONCATENATION", "CAST", "GATHER", "RESHAPE"),
        *("ADD", "SUB", "MUL", "DIV", "FLOOR_DIV", "MAXIMUM", "MINIMUM", "REDUCE_PROD", "SQUEEZE"),
        *("EXPAND_DIMS", "RANK"),
    )
)
_WITHOUT_SHAPE = (
    schema.TensorType.RESOURCE,
    schema.TensorType.STRING,
    schema.TensorType.VARIANT,
)


def write_known_shapes(content: bytes, interpreter: MakeInterpreter, *, field: str) -> bytes:
    """The model with the shapes of all tensors that follow from those of its inputs, and without the
    ops that compute only sizes of such tensors."""
    while True:
        model = unpack(content, field=field)
        loaded = interpreter(content)
        removed = 0
        for index in _entries(model):
            loaded._interpreter.AllocateTensors(index)
            static = _write_shapes(model, index, loaded)
            removed += _fold(model, index, static, interpreter)
        content = pack(model)
        if not removed:
            return content


def _entries(model: Any) -> list[int]:
    """The graphs that are called from outside; LiteRT prepares the others as it comes to them."""
    return sorted({entry.subgraphIndex for entry in model.signatureDefs or []} or {0})


def _write_shapes(model: Any, index: int, loaded: Any) -> set[int]:
    """Writes the shapes that LiteRT knows before a call; returns the tensors that have one."""
    graph = model.subgraphs[index]
    unsettled = _unsettled(model, graph)
    static = set()
    for details in loaded.get_tensor_details(index):
        position = details["index"]
        if position >= len(graph.tensors) or position in unsettled:
            continue
        tensor = graph.tensors[position]
        try:
            loaded.get_tensor(position, index)
        except ValueError:  # Only a call says how large it is.
            continue
        if tensor.type not in _WITHOUT_SHAPE:
            static.add(position)
            tensor.shape = np.array(details["shape"], np.int32)
            tensor.shapeSignature = None
    return static


def _unsettled(model: Any, graph: Any) -> set[int]:
    """The tensors that depend on a computed size that is no constant yet.

    LiteRT gives some of them memory, which they share with an input, before it knows their shape.
    """
    sizes: set[int] = set()
    unsettled: set[int] = set()
    for operator in graph.operators:
        inputs = {int(tensor) for tensor in operator.inputs}
        code = _code(model, operator)
        if code == _SHAPE or (code in _SIZE_OPS and inputs & sizes):
            sizes.update(int(tensor) for tensor in operator.outputs)
        if inputs & (sizes | unsettled) and code != _SHAPE:
            unsettled.update(int(tensor) for tensor in operator.outputs)
    return unsettled


def _code(model: Any, operator: Any) -> int:
    code = model.operatorCodes[operator.opcodeIndex]
    return max(code.builtinCode, code.deprecatedBuiltinCode)


def _is_constant(model: Any, tensor: Any) -> bool:
    data = model.buffers[tensor.buffer].data
    return data is not None and len(data) > 0


@dataclass(frozen=True)
class _SizeOps:
    """The operators of a graph that compute sizes, by position; the tensors whose shapes they read, and
    those that they yield to others."""

    positions: tuple[int, ...]
    read: tuple[int, ...]
    yielded: tuple[int, ...]

    @classmethod
    def find(cls, model: Any, graph: Any, static: set[int]) -> _SizeOps:
        known: set[int] = set()
        read: set[int] = set()
        positions = []
        for position, operator in enumerate(graph.operators):
            inputs = {int(tensor) for tensor in operator.inputs if tensor >= 0}
            code = _code(model, operator)
            if code == _SHAPE and inputs <= static:
                read.update(inputs)
            elif (
                code == _SHAPE
                or not inputs & known
                or not all(
                    tensor in known or _is_constant(model, graph.tensors[tensor])
                    for tensor in inputs
                )
            ):
                continue
            if code in _SIZE_OPS and not set(operator.outputs) & set(graph.outputs):
                known.update(int(tensor) for tensor in operator.outputs)
                positions.append(position)
        others = [o for p, o in enumerate(graph.operators) if p not in positions]
        yielded = known & {int(tensor) for operator in others for tensor in operator.inputs}
        return cls(tuple(positions), tuple(sorted(read)), tuple(sorted(yielded)))


def _fold(model: Any, index: int, static: set[int], interpreter: MakeInterpreter) -> int:
    """Makes constants of what only sizes of `static` tensors say; returns how many ops went."""
    graph = model.subgraphs[index]
    ops = _SizeOps.find(model, graph, static)
    if not ops.positions:
        return 0
    for tensor, value in _compute(model, index, ops, interpreter).items():
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(value.tobytes(), np.uint8)
        model.buffers.append(buffer)
        graph.tensors[tensor].buffer = len(model.buffers) - 1
        graph.tensors[tensor].shape = np.array(value.shape, np.int32)
        graph.tensors[tensor].shapeSignature = None
    graph.operators = [o for p, o in enumerate(graph.operators) if p not in ops.positions]
    return len(ops.positions)


def _compute(
    model: Any, index: int, ops: _SizeOps, interpreter: MakeInterpreter
) -> dict[int, np.ndarray]:
    """What the operators yield, whatever the values are of the tensors whose shapes they read."""
    part = unpack(pack(model), field="source")
    graph = part.subgraphs[index]
    graph.operators = [graph.operators[position] for position in ops.positions]
    graph.inputs, graph.outputs = (np.array(t, np.int32) for t in (ops.read, ops.yielded))
    part.subgraphs, part.signatureDefs, part.metadata = [graph], [], []
    loaded = interpreter(pack(part))
    loaded.allocate_tensors()
    loaded.invoke()
    return {tensor: loaded.get_tensor(tensor) for tensor in ops.yielded}
