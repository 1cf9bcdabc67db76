# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""How many instructions models take: read from what the counting program printed, and put into words."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any, Iterable, Iterator, Optional, Sequence

from pants_tflite.micro.qemu.boards import Counter
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse

# The loop in templates/count.cc.in, and what may stand around it.
_LOOP = 3000
_MOST_LOOP = _LOOP + 10
_LINE = re.compile(r"(calibration|allocate|invoke) ([0-9a-f]{16})")
_OP = re.compile(r"op ([0-9a-f]{16}) ([0-9]+) (.*)")
_MODEL = re.compile(r"model (\w+)")
_MOST_SHOWN_OPS = 5


class UnreadableCounts(Exception):
    """The program did not print what it should."""


class InexactCounts(Exception):
    """A loop of known length has another count: this QEMU does not count instructions one by one."""


@dataclass(frozen=True)
class OpInstructions:
    """The most instructions that the op number `index` of a model's graph took in a call. `layer` is
    "" if it is not known."""

    index: int
    op: str
    layer: str
    instructions: int

    @property
    def label(self) -> str:
        layer = f" in the layer `{self.layer}`" if self.layer else ""
        return f"{self.op}, op {self.index}{layer}"


@dataclass(frozen=True)
class ModelInstructions:
    """The most instructions that a model took: `invoke` for one of its `calls`, `allocate_tensors` for
    loading it. The ops are counted in calls of their own, so that `invoke` is without what that takes.
    """

    model: str
    calls: int
    invoke: int
    allocate_tensors: int
    ops: tuple[OpInstructions, ...]

    @property
    def most_costly(self) -> Optional[OpInstructions]:
        """The first of those ops that take the most; None if the model has no ops."""
        return max(self.ops, key=lambda op: (op.instructions, -op.index), default=None)

    def with_layers(self, uses: Sequence[OpUse]) -> ModelInstructions:
        """With the layers that the model's file tells: `uses` are its ops, in any graph.

        Raises UnreadableCounts if the interpreter ran other ops than the main graph's.
        """
        main = [use for use in uses if use.subgraph == 0]
        if len(main) != len(self.ops):
            raise UnreadableCounts(f"{self.model} ran {len(self.ops)} ops of its {len(main)}")
        return replace(
            self,
            ops=tuple(replace(op, layer=use.layer) for op, use in zip(self.ops, main)),
        )

    def to_manifest(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "invoke": self.invoke,
            "allocate_tensors": self.allocate_tensors,
            "ops": [asdict(op) for op in self.ops],
        }

    def render(self) -> Iterator[str]:
        """Lines for people."""
        yield (
            f"{self.model}: {self.invoke:,} instructions for a call at most "
            f"({self.calls} counted), {self.allocate_tensors:,} for AllocateTensors"
        )
        by_cost = sorted(self.ops, key=lambda op: (-op.instructions, op.index))
        for op in by_cost[:_MOST_SHOWN_OPS]:
            yield f"  {op.instructions:>13,}  {op.label}"
        if by_cost[_MOST_SHOWN_OPS:]:
            rest = sum(op.instructions for op in by_cost[_MOST_SHOWN_OPS:])
            yield f"  {rest:>13,}  {len(by_cost) - _MOST_SHOWN_OPS} other ops"


def _split(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Each model's name and the lines on it."""
    name, found = "", list[str]()
    for line in lines:
        match = _MODEL.fullmatch(line)
        if match:
            if name:
                yield name, found
            name, found = match[1], []
        else:
            found.append(line)
    if name:
        yield name, found


def _read_model(name: str, lines: Sequence[str], counter: Counter) -> ModelInstructions:
    counts: dict[str, list[int]] = {"allocate": [], "invoke": []}
    ops: dict[int, OpInstructions] = {}
    for line in lines:
        match, op = _LINE.fullmatch(line), _OP.fullmatch(line)
        if match and match[1] in counts:
            counts[match[1]].append(counter.instructions(int(match[2], 16)))
        elif op:
            index, count = int(op[2]), counter.instructions(int(op[1], 16))
            if index not in ops or ops[index].instructions < count:
                ops[index] = OpInstructions(index, op[3], "", count)
        else:
            raise UnreadableCounts(line)
    are_whole = counts["allocate"] and counts["invoke"] and sorted(ops) == list(range(len(ops)))
    if not are_whole:
        raise UnreadableCounts(f"the counts of {name} are not whole")
    return ModelInstructions(
        model=name,
        calls=len(counts["invoke"]),
        invoke=max(counts["invoke"]),
        allocate_tensors=max(counts["allocate"]),
        ops=tuple(ops[index] for index in sorted(ops)),
    )


def read_counts(output: str, counter: Counter) -> tuple[ModelInstructions, ...]:
    """What the program printed, per model.

    Raises UnreadableCounts, or InexactCounts if QEMU counted the loop of known length wrongly.
    """
    lines = [line.rstrip() for line in output.splitlines()]
    calibration = _LINE.fullmatch(lines[0]) if lines else None
    if calibration is None or calibration[1] != "calibration":
        raise UnreadableCounts(lines[0] if lines else "it printed nothing")
    loop = counter.instructions(int(calibration[2], 16))
    if not _LOOP <= loop <= _MOST_LOOP:
        raise InexactCounts(f"a loop of {_LOOP:,} instructions counts as {loop:,}")
    return tuple(_read_model(name, found, counter) for name, found in _split(lines[1:]))
