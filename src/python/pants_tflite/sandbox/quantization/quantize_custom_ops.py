# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Makes custom ops of an int8 model compute in int8, if their kernels can.

TensorFlow's converter knows only the name of a custom op, so it leaves the op in float32: with a
DEQUANTIZE before each of its inputs, and a QUANTIZE after its output, with the range that
calibration found. If an op has such neighbours on all sides, this program removes them and
connects the op to the int8 tensors beyond them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

from ai_edge_litert import schema_py_generated as schema

from pants_tflite.sandbox.harness import OUTPUT_DIR, run
from pants_tflite.sandbox.quantization.quantize_custom_ops_protocol import QuantizeOpsRequest
from pants_tflite.sandbox.tflite.packing import pack, unpack

_FLOAT32, _INT8 = schema.TensorType.FLOAT32, schema.TensorType.INT8
_ABSENT = -1


class _Graph:
    """A subgraph, and the ops that make and use each of its tensors."""

    def __init__(self, model: Any, graph: Any) -> None:
        self.graph = graph
        self._codes = model.operatorCodes

    def code(self, operator: Any) -> Any:
        return self._codes[operator.opcodeIndex]

    def is_builtin(self, operator: Any, builtin: int) -> bool:
        code = self.code(operator)
        return max(code.builtinCode, code.deprecatedBuiltinCode) == builtin

    def is_a(self, tensor: int, tensor_type: int) -> bool:
        return tensor != _ABSENT and self.graph.tensors[tensor].type == tensor_type

    def dequantized(self, tensor: int) -> int | None:
        """The int8 tensor from which a DEQUANTIZE makes `tensor`, if one does."""
        for operator in self.graph.operators:
            if tensor in operator.outputs and self.is_builtin(
                operator, schema.BuiltinOperator.DEQUANTIZE
            ):
                source = int(operator.inputs[0])
                return source if self.is_a(source, _INT8) else None
        return None

    def quantized(self, tensor: int) -> int | None:
        """The int8 tensor that a QUANTIZE makes from `tensor`, if that is its only use."""
        users = [operator for operator in self.graph.operators if tensor in operator.inputs]
        if len(users) != 1 or tensor in self.graph.outputs:
            return None
        target = int(users[0].outputs[0])
        is_quantize = self.is_builtin(users[0], schema.BuiltinOperator.QUANTIZE)
        return target if is_quantize and self.is_a(target, _INT8) else None

    def connect(self, operator: Any) -> bool:
        """Connects a custom op to int8 tensors, if all of its float tensors have one."""
        inputs, outputs = (
            [int(i) for i in indices] for indices in (operator.inputs, operator.outputs)
        )
        sources = {i: self.dequantized(i) for i in inputs if self.is_a(i, _FLOAT32)}
        targets = {i: self.quantized(i) for i in outputs if self.is_a(i, _FLOAT32)}
        if not targets or None in (*sources.values(), *targets.values()):
            return False
        operator.inputs = [sources.get(index, index) for index in inputs]
        operator.outputs = [targets.get(index, index) for index in outputs]
        # The ops that made the int8 outputs before no longer do.
        self.graph.operators = [
            other
            for other in self.graph.operators
            if other is operator or not set(map(int, other.outputs)) & set(targets.values())
        ]
        return True

    def drop_dequantized(self) -> None:
        """Removes each DEQUANTIZE whose output nothing uses."""
        used = {int(index) for index in self.graph.outputs}
        used.update(int(index) for operator in self.graph.operators for index in operator.inputs)
        self.graph.operators = [
            operator
            for operator in self.graph.operators
            if int(operator.outputs[0]) in used
            or not self.is_builtin(operator, schema.BuiltinOperator.DEQUANTIZE)
        ]

    def drop_tensors(self) -> dict[int, int]:
        """Removes the tensors that nothing uses; returns the new index of each that is left."""
        used = {int(index) for index in (*self.graph.inputs, *self.graph.outputs)}
        for operator in self.graph.operators:
            for indices in (operator.inputs, operator.outputs, operator.intermediates):
                used.update(int(index) for index in _listed(indices) if index != _ABSENT)
        indices = {old: new for new, old in enumerate(sorted(used))}
        renumbered = {**indices, _ABSENT: _ABSENT}

        def renumber(old: Any) -> list[int]:
            return [renumbered[int(index)] for index in _listed(old)]

        self.graph.tensors = [self.graph.tensors[index] for index in indices]
        self.graph.inputs = renumber(self.graph.inputs)
        self.graph.outputs = renumber(self.graph.outputs)
        for operator in self.graph.operators:
            operator.inputs = renumber(operator.inputs)
            operator.outputs = renumber(operator.outputs)
            operator.intermediates = renumber(operator.intermediates)
        return indices


def _listed(indices: Any) -> list[int]:
    return [] if indices is None else list(indices)


def quantize_custom_ops(model: Any, names: Sequence[str]) -> bool:
    """Connects the custom ops called `names` to int8 tensors; returns whether `model` changed."""
    changed = False
    for position, subgraph in enumerate(model.subgraphs):
        graph = _Graph(model, subgraph)
        for operator in list(subgraph.operators):
            custom = graph.is_builtin(operator, schema.BuiltinOperator.CUSTOM)
            if custom and graph.code(operator).customCode.decode() in names:
                changed |= graph.connect(operator)
        if changed:
            graph.drop_dequantized()
            indices = graph.drop_tensors()
            for signature in model.signatureDefs or []:
                if signature.subgraphIndex == position:
                    for entry in (*signature.inputs, *signature.outputs):
                        entry.tensorIndex = indices[entry.tensorIndex]
    if changed:
        _drop_op_codes(model)
    return changed


def _drop_op_codes(model: Any) -> None:
    """Removes the op codes that no op has: a runtime needs a kernel for each that is listed."""
    operators = [operator for graph in model.subgraphs for operator in graph.operators]
    indices = sorted({operator.opcodeIndex for operator in operators})
    model.operatorCodes = [model.operatorCodes[index] for index in indices]
    for operator in operators:
        operator.opcodeIndex = indices.index(operator.opcodeIndex)


def main(request: QuantizeOpsRequest) -> None:
    content = Path(request.model).read_bytes()
    model = unpack(content, field="saved_model")
    if quantize_custom_ops(model, request.ops):
        content = pack(model)
    (OUTPUT_DIR / "model.tflite").write_bytes(content)


if __name__ == "__main__":
    run(main, QuantizeOpsRequest)
