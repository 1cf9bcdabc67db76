# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Running a model with a program that has TFLite Micro and kernels of custom ops compiled in.

The wheel of TFLite Micro cannot load a kernel, which is bound to the version that it was compiled
with. See templates/measure.cc.in.
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert.tools.flatbuffer_utils import count_resource_variables

from pants_tflite.micro.sandbox.runtime import Calls
from pants_tflite.sandbox.tflite.flatbuffer_model import Subgraph, Tensor

# Instead of a number of calls.
_REPORT_ALLOCATIONS = -1


@dataclass(frozen=True)
class Program:
    """The program at `path`, which has TFLite Micro and kernels of custom ops in it."""

    path: Path
    data: bytes
    graph: Subgraph

    def load(self, arena: int) -> None:
        self._run(arena, 0)

    def report_allocations(self, arena: int) -> None:
        self._run(arena, _REPORT_ALLOCATIONS)

    def run_zeros(self, arena: int) -> None:
        self._run(arena, 1)

    def run_calls(self, arena: int, calls: Calls, *, fresh: bool) -> list[list[np.ndarray]]:
        with tempfile.TemporaryDirectory() as folder:
            inputs, outputs = Path(folder, "inputs"), Path(folder, "outputs")
            arrays = (np.ascontiguousarray(array) for feed in calls for array in feed)
            inputs.write_bytes(b"".join(array.tobytes() for array in arrays))
            calls_a_load = ("1",) if fresh else ()
            self._run(arena, len(calls), str(inputs), str(outputs), *calls_a_load)
            return self._split(outputs.read_bytes(), len(calls))

    def _run(self, arena: int, calls: int, *others: str) -> None:
        with tempfile.NamedTemporaryFile(suffix=".tflite") as model:
            model.write(self.data)
            model.flush()
            variables = count_resource_variables(self.data)
            numbers = (str(number) for number in (arena, variables, calls))
            # Its messages stay on file descriptor 2, where attempts.py looks for them.
            done = subprocess.run([str(self.path.absolute()), model.name, *numbers, *others])
        if done.returncode < 0:
            raise RuntimeError(f"it ends its process with {signal.Signals(-done.returncode).name}")
        if done.returncode > 0:
            raise RuntimeError("")

    def _split(self, content: bytes, calls: int) -> list[list[np.ndarray]]:
        """The outputs of all calls, which stand one after the other."""
        tensors = [self.graph.tensors[index] for index in self.graph.outputs]
        sizes = [_bytes(tensor) for tensor in tensors]
        if len(content) != calls * sum(sizes):
            raise RuntimeError("its outputs are of another size than the model says")
        results: list[list[np.ndarray]] = []
        position = 0
        for _ in range(calls):
            results.append([])
            for tensor, size in zip(tensors, sizes):
                array = np.frombuffer(content[position : position + size], tensor.dtype)
                results[-1].append(array.reshape(tensor.shape))
                position += size
        return results


def _bytes(tensor: Tensor) -> int:
    return tensor.elements * np.dtype(tensor.dtype).itemsize
