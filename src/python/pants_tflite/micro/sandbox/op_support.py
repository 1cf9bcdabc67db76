# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which ops and types of a model TFLite Micro lacks: all of them, each with its cause.

TFLite Micro itself stops at the first, so every op is tried by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Collection, Iterator

import numpy as np

from pants_tflite.micro.sandbox.measure_protocol import Lack
from pants_tflite.micro.sandbox.micro_interpreter import load, run_zeros
from pants_tflite.sandbox.coverage.attempts import Attempt, attempt
from pants_tflite.sandbox.coverage.single_op_models import single_op_models
from pants_tflite.sandbox.tflite.flatbuffer_model import Model

NO_KERNEL = "it has no kernel for this op"
# They refer to other graphs and to variables of the model, so they cannot be tried by themselves.
_DEPENDENT_OPS = (
    "ASSIGN_VARIABLE",
    "CALL",
    "CALL_ONCE",
    "IF",
    "READ_VARIABLE",
    "STABLEHLO_CASE",
    "STABLEHLO_COMPOSITE",
    "STABLEHLO_WHILE",
    "VAR_HANDLE",
    "WHILE",
)
_NOT_FOUND = re.compile("Didn't find op for builtin opcode|Failed to get registration from op code")
# An op that refuses zeros, say as a divisor, is not missing.
_TYPE_IS_LACKING = re.compile("not supported|unsupported|not implemented", re.IGNORECASE)
# The part of every refusal that tells nothing.
_NOISE = re.compile(
    r"Node \S+ \(number \d+\) failed to|TFLM failed to allocate|Interpreter invocation failed"
)
# These make up the size of an arena that is surely large enough.
_ROOM = 1 << 20
_BYTES_PER_TENSOR = 1024
# An accumulator of 64 bits for an activation of 8.
_SCRATCH_FACTOR = 9


def is_unknown(failure: Attempt) -> bool:
    """Whether TFLite Micro has no kernel for an op; it only reports the first one that it lacks."""
    return _NOT_FOUND.search(failure.text) is not None


def cause_of(failure: Attempt) -> str:
    """Why TFLite Micro refused something, in its own words, without what every refusal has."""
    if is_unknown(failure):
        return NO_KERNEL
    text = failure.text.replace("tensorflow/lite/micro/", "")
    lines = (line.strip() for line in text.splitlines())
    return " ".join(dict.fromkeys(line for line in lines if line and not _NOISE.search(line)))


def tensor_bytes(shape: tuple[int, ...], dtype: str) -> int:
    """How many bytes a tensor takes; none for a type whose size the shape does not tell."""
    bits = {"bfloat16": 16, "int2": 2, "int4": 4, "uint4": 4}.get(dtype)
    if bits is None:
        if dtype in ("resource", "string", "variant"):
            return 0
        bits = np.dtype(dtype).itemsize * 8
    return (int(np.prod(shape, dtype=np.int64)) * bits + 7) // 8


def generous_arena(model: Model) -> int:
    """More bytes than the arena of a model may need, scratch buffers and book-keeping included."""
    tensors = [tensor for graph in model.subgraphs for tensor in graph.tensors]
    activations = sum(tensor_bytes(t.shape, t.dtype) for t in tensors if not t.constant)
    return _ROOM + _BYTES_PER_TENSOR * len(tensors) + _SCRATCH_FACTOR * activations


def _try_op(data: bytes, arena: int, inputs: int) -> str | None:
    """Why the one op of a model does not work with any input, or None."""
    prepared = attempt(lambda: load(data, arena) and None)
    if not prepared.succeeded:
        return cause_of(prepared) or f"it ends the process with signal {prepared.signal}"
    invoked = attempt(lambda: run_zeros(data, arena, inputs))
    if not invoked.succeeded and _TYPE_IS_LACKING.search(invoked.text):
        return cause_of(invoked)
    return None


@dataclass(frozen=True)
class LackingOp:
    """The op at `index` among all of a model, which fails for the `cause`."""

    index: int
    op: str
    cause: str


def lacking_ops(model: Model, data: bytes, kernels: Collection[str] = ()) -> Iterator[LackingOp]:
    """Every op in `data`, the file that `model` describes, that does not work.

    The custom ops in `kernels` are left out.
    """
    arena = generous_arena(model)
    for index, single in enumerate(single_op_models(model, data)):
        code = single.code
        if code.custom and code.name in kernels:
            continue
        cause = _try_op(single.data, arena, single.inputs)
        if cause is None or (code.name in _DEPENDENT_OPS and cause != NO_KERNEL):
            continue
        yield LackingOp(index, code.name, cause)


def find_lacks(model: Model, data: bytes, kernels: Collection[str] = ()) -> tuple[Lack, ...]:
    """What `lacking_ops` finds, sorted and counted by op and cause."""
    counts = Counter((lack.op, lack.cause) for lack in lacking_ops(model, data, kernels))
    return tuple(Lack(op, cause, count) for (op, cause), count in sorted(counts.items()))
