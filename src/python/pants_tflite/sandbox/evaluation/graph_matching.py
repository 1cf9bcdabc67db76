# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Finds each tensor of a quantized graph in the float one that it was made from.

Converters keep most names. Where they joined or renamed ops, the same op on the same inputs is the
same tensor; and where that leaves several, the ops between two that are known are paired in their
order, if there are as many of each kind. QUANTIZE and DEQUANTIZE hand a value on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Iterable, Mapping

from pants_tflite.sandbox.tflite.computed_values import BORDER_OPS, fixed_tensors
from pants_tflite.sandbox.tflite.flatbuffer_model import Op, Signature, Subgraph

BY_NAME = "name"
BY_INPUTS = "inputs"
BY_ORDER = "order"
_OF_SIGNATURE = BY_NAME


@dataclass(frozen=True)
class Match:
    """The index of the float graph's tensor, and how it was found."""

    tensor: int
    by: str


@dataclass
class _Matcher:
    quantized: Subgraph
    float_: Subgraph
    found: dict[int, Match] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fixed = fixed_tensors(self.quantized)
        self.float_fixed = fixed_tensors(self.float_)
        self.ops = self._computing(self.quantized, self.fixed)
        self.float_ops = self._computing(self.float_, self.float_fixed)
        self.results = {index for op in self.ops for index in op.outputs}
        self.taken: set[int] = set()

    @staticmethod
    def _computing(graph: Subgraph, fixed: Iterable[int]) -> list[Op]:
        """The ops that may be paired."""
        known = set(fixed)
        return [
            op
            for op in graph.ops
            if op.code.name not in BORDER_OPS
            and op.outputs
            and not all(index in known for index in op.outputs)
        ]

    def add(self, index: int, other: int, by: str) -> bool:
        """Records that two tensors are the same, if their shapes allow it and neither op has
        another."""
        is_result = index in self.results
        if index in self.found or is_result and other in self.taken:
            return False
        if not _alike(self.quantized, index, self.float_, other):
            return False
        self.found[index] = Match(other, by)
        if is_result:
            self.taken.add(other)
        return True

    def hand_on(self) -> None:
        """What goes through QUANTIZE or DEQUANTIZE is the same value on both sides."""
        border = [op for op in self.quantized.ops if op.code.name in BORDER_OPS]
        for ops, backwards in ((border, False), (border[::-1], True)):
            for op in ops:
                source, result = op.inputs[0], op.outputs[0]
                if backwards:
                    source, result = result, source
                if source in self.found and result not in self.fixed:
                    match = self.found[source]
                    self.add(result, match.tensor, match.by)

    def by_name(self) -> None:
        names = _unique_names(self.float_, self.float_ops)
        for parts, index in _unique_names(self.quantized, self.ops).items():
            if parts in names:
                self.add(index, names[parts], BY_NAME)

    def by_inputs(self) -> None:
        """Pairs ops of a kind whose inputs are known to be the same."""
        fed: dict[tuple[str, tuple[int, ...]], list[Op]] = {}
        for op in self.float_ops:
            own = tuple(index for index in op.inputs if index not in self.float_fixed)
            fed.setdefault((op.code.name, own), []).append(op)
        for op in self.ops:
            inputs = [index for index in op.inputs if index not in self.fixed]
            if all(index in self.found for index in inputs) and inputs:
                key = (op.code.name, tuple(self.found[index].tensor for index in inputs))
                if len(fed.get(key, ())) == 1:
                    self._pair(op, fed[key][0], BY_INPUTS)
                    self.hand_on()

    def by_order(self) -> None:
        """Pairs what stands between two ops that are known, if there are as many of each kind."""
        places = {index: place for place, op in enumerate(self.float_ops) for index in op.outputs}
        gap: list[Op] = []
        start = 0
        for op in [*self.ops, None]:
            known = None if op is None else self._place(op, places)
            if op is not None and known is None:
                gap.append(op)
                continue
            end = len(self.float_ops) if known is None else known
            self._pair_all(gap, self.float_ops[start:end])
            gap = []
            if known is not None and known >= start:
                start = known + 1

    def _place(self, op: Op, places: Mapping[int, int]) -> int | None:
        matches = [self.found[index] for index in op.outputs if index in self.found]
        return places.get(matches[0].tensor) if matches else None

    def _pair_all(self, ops: list[Op], float_ops: list[Op]) -> None:
        kinds, float_kinds = (Counter(op.code.name for op in side) for side in (ops, float_ops))
        for kind, count in kinds.items():
            if float_kinds[kind] == count:
                alike = [[op for op in side if op.code.name == kind] for side in (ops, float_ops)]
                for one, other in zip(*alike):
                    self._pair(one, other, BY_ORDER)

    def _pair(self, op: Op, other: Op, by: str) -> None:
        if len(op.outputs) == len(other.outputs):
            for index, other_index in zip(op.outputs, other.outputs):
                self.add(index, other_index, by)


def match_tensors(
    quantized: tuple[Subgraph, Signature], float_: tuple[Subgraph, Signature]
) -> dict[int, Match]:
    """The matches of a quantized graph's tensors, by their indices; both come with a signature that
    calls them."""
    matcher = _Matcher(quantized[0], float_[0])
    for index, other in _arguments(quantized, float_, "inputs"):
        matcher.add(index, other, _OF_SIGNATURE)
    for index, other in _arguments(quantized, float_, "outputs"):
        matcher.add(index, other, _OF_SIGNATURE)
    matcher.hand_on()
    matcher.by_name()
    matcher.hand_on()
    matcher.by_inputs()
    matcher.by_order()
    matcher.by_inputs()
    matcher.hand_on()
    return matcher.found


def pair_arguments(signature: Signature, other: Signature, kind: str) -> dict[str, str]:
    """The names of the other signature's `inputs` or `outputs`, by the names of this one's.

    Models without signatures call them by their tensors, which go by their positions.
    """
    names, others = ([name for name, _ in getattr(each, kind)] for each in (signature, other))
    if set(names) != set(others) and len(names) == len(others):
        return dict(zip(names, others))
    return {name: name for name in names if name in others}


def _arguments(
    quantized: tuple[Subgraph, Signature], float_: tuple[Subgraph, Signature], kind: str
) -> Iterable[tuple[int, int]]:
    tensors, others = dict(getattr(quantized[1], kind)), dict(getattr(float_[1], kind))
    for name, other in pair_arguments(quantized[1], float_[1], kind).items():
        yield _index(quantized[0], tensors[name]), _index(float_[0], others[other])


def _index(graph: Subgraph, tensor: object) -> int:
    return next(index for index, other in enumerate(graph.tensors) if other is tensor)


def _unique_names(graph: Subgraph, ops: list[Op]) -> dict[frozenset[str], int]:
    """What ops yield, by the names that the converter joined to one; without those that two share."""
    names = [
        (frozenset(graph.tensors[index].name.split(";")), index)
        for op in ops
        for index in op.outputs
    ]
    counts = Counter(parts for parts, _ in names)
    return {parts: index for parts, index in names if counts[parts] == 1 and parts != {""}}


def _alike(graph: Subgraph, index: int, other_graph: Subgraph, other: int) -> bool:
    shape = graph.tensors[index].shape_signature
    other_shape = other_graph.tensors[other].shape_signature
    return len(shape) == len(other_shape) and all(
        None in (size, other_size) or size == other_size
        for size, other_size in zip(shape, other_shape)
    )
