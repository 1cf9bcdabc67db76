# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Running a model with TFLite Micro."""

from __future__ import annotations

import importlib.metadata
import struct
from dataclasses import dataclass
from typing import Any, Sequence

import numpy as np
from tflite_micro import runtime

from pants_tflite.micro.sandbox.runtime import Calls
from pants_tflite.sandbox.tflite.flatbuffer_model import Subgraph

POINTER_BITS = struct.calcsize("P") * 8


def tflm_version() -> str:
    """The version of the installed TFLite Micro."""
    return importlib.metadata.version("tflite-micro")


def load(data: bytes, arena: int) -> Any:
    """An interpreter for a model, with its tensors in an arena of so many bytes.

    It can end the process; see attempts.py.
    """
    return runtime.Interpreter.from_bytes(data, arena_size=arena)


def run_zeros(data: bytes, arena: int, inputs: int) -> None:
    """Calls a model once with zeros."""
    interpreter = load(data, arena)
    for index in range(inputs):
        details = interpreter.get_input_details(index)
        interpreter.set_input(np.zeros(details["shape"], details["dtype"]), index)
    interpreter.invoke()


def run_calls(
    data: bytes,
    arena: int,
    calls: Sequence[Sequence[np.ndarray]],
    outputs: int,
    *,
    fresh: bool = False,
) -> list[list[np.ndarray]]:
    """The outputs of each call in turn, in the model's order, as the tensors store them.

    A model's variables last from call to call, unless it is loaded `fresh` for each. TFLite Micro's
    own `Reset` sets resource variables to zero, and not to their initial values.
    """
    interpreter = load(data, arena)
    results = []
    for number, feed in enumerate(calls):
        if fresh and number:
            interpreter = load(data, arena)
        for index, array in enumerate(feed):
            interpreter.set_input(array, index)
        interpreter.invoke()
        results.append([np.array(interpreter.get_output(index)) for index in range(outputs)])
    return results


@dataclass(frozen=True)
class Wheel:
    """The installed TFLite Micro, which knows its own ops."""

    data: bytes
    graph: Subgraph

    def load(self, arena: int) -> None:
        load(self.data, arena)

    def report_allocations(self, arena: int) -> None:
        load(self.data, arena).print_allocations()

    def run_zeros(self, arena: int) -> None:
        run_zeros(self.data, arena, len(self.graph.inputs))

    def run_calls(self, arena: int, calls: Calls, *, fresh: bool) -> list[list[np.ndarray]]:
        return run_calls(
            data=self.data, arena=arena, calls=calls, outputs=len(self.graph.outputs), fresh=fresh
        )
