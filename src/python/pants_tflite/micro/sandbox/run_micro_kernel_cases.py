# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs the micro variant of a kernel over the cases of its test; see run_kernel_cases.py.

The kernel is in a program that templates/measure.cc.in explains.
"""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np

from pants_tflite.micro.sandbox.compiled_runtime import Program
from pants_tflite.micro.sandbox.run_micro_kernel_cases_protocol import RunMicroCasesRequest
from pants_tflite.sandbox.constants import ARENA_ALIGNMENT
from pants_tflite.sandbox.coverage.attempts import attempt
from pants_tflite.sandbox.harness import run
from pants_tflite.sandbox.kernel_tests.kernel_case import Case, read_cases
from pants_tflite.sandbox.kernel_tests.run_kernel_cases import Runner, run_cases
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.model_reader import parse_model

# The arena has room for a kernel with tables of its own.
_ROOM = 1 << 20
_SCRATCH_FACTOR = 9


def arena_for(case: Case) -> int:
    """More bytes than a case may need, a multiple of the arena's alignment."""
    tensors = (*case.inputs, *case.outputs)
    blocks = sum(tensor.array.nbytes // ARENA_ALIGNMENT + 1 for tensor in tensors)
    return _ROOM + ARENA_ALIGNMENT * _SCRATCH_FACTOR * blocks


def run_with_program(path: Path) -> Runner:
    """A runner of one-op models with the kernel in the program at `path`."""

    def runner(content: bytes, case: Case) -> Sequence[np.ndarray]:
        program = Program(path, content, parse_model(content).subgraphs[0])
        feed = [tensor.array for tensor in case.inputs]
        tried = attempt(lambda: program.run_calls(arena_for(case), [feed], fresh=False))
        if not tried.succeeded:
            cause = " ".join(tried.text.split()) or "it ends without a word"
            raise Mistake(f"TFLite Micro could not run it: {cause}", field=None, fix="")
        (outputs,) = tried.value
        return list(outputs)

    return runner


def has_empty_tensor(case: Case) -> bool:
    """Whether a case has a tensor without elements, which is dynamic to TFLite Micro: it refuses a
    model with one before any kernel is asked."""
    return any(tensor.array.size == 0 for tensor in (*case.inputs, *case.outputs))


def main(request: RunMicroCasesRequest) -> None:
    cases = read_cases(Path(request.cases))
    left_out = [case for case in cases if has_empty_tensor(case)]
    for case in left_out:
        print(f"left out {case.name}: TFLite Micro has no tensors without elements")
    if len(left_out) == len(cases):
        raise Mistake(
            "every case has a tensor without elements, which TFLite Micro does not run",
            field="entry_point",
            fix="Yield a case whose tensors have elements.",
        )
    runner = run_with_program(Path(request.program))
    run_cases(request.op, [case for case in cases if not has_empty_tensor(case)], runner)


if __name__ == "__main__":
    run(main, RunMicroCasesRequest)
