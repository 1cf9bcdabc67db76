# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs the micro variant of a kernel over the cases of its test; see sandbox/run_kernel_cases.py.

The request holds `cases` (the folder of what `kernel_cases` wrote), `op` and `program` (the path of
a program with the kernel; see templates/measure.cc.in).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import numpy as np

from pants_tflite.micro.sandbox.attempts import attempt
from pants_tflite.micro.sandbox.compiled_runtime import Program
from pants_tflite.sandbox.harness import UserError, run
from pants_tflite.sandbox.kernel_tests.kernel_case import Case, read_cases
from pants_tflite.sandbox.kernel_tests.run_kernel_cases import Runner, run_cases
from pants_tflite.sandbox.tflite.model_reader import parse_model

# The arena has room for a kernel with tables of its own.
_ROOM = 1 << 20
_SCRATCH_FACTOR = 9


def arena_for(case: Case) -> int:
    """More bytes than a case may need, a multiple of 16."""
    tensors = (*case.inputs, *case.outputs)
    return _ROOM + 16 * _SCRATCH_FACTOR * sum(tensor.array.nbytes // 16 + 1 for tensor in tensors)


def run_with_program(path: Path) -> Runner:
    """A runner of one-op models with the kernel in the program at `path`."""

    def runner(content: bytes, case: Case) -> Sequence[np.ndarray]:
        program = Program(path, content, parse_model(content).subgraphs[0])
        feed = [tensor.array for tensor in case.inputs]
        tried = attempt(lambda: program.run_calls(arena_for(case), [feed]))
        if not tried.succeeded:
            cause = " ".join(tried.text.split()) or "it ends without a word"
            raise UserError(f"TFLite Micro could not run it: {cause}", field=None, fix="")
        (outputs,) = tried.value
        return list(outputs)

    return runner


def has_empty_tensor(case: Case) -> bool:
    """Whether a case has a tensor without elements, which is dynamic to TFLite Micro: it refuses a
    model with one before any kernel is asked."""
    return any(tensor.array.size == 0 for tensor in (*case.inputs, *case.outputs))


def main(request: dict[str, Any]) -> None:
    cases = read_cases(Path(request["cases"]))
    left_out = [case for case in cases if has_empty_tensor(case)]
    for case in left_out:
        print(f"left out {case.name}: TFLite Micro has no tensors without elements")
    if len(left_out) == len(cases):
        raise UserError(
            "every case has a tensor without elements, which TFLite Micro does not run",
            field="entry_point",
            fix="Yield a case whose tensors have elements.",
        )
    runner = run_with_program(Path(request["program"]))
    run_cases(request["op"], [case for case in cases if not has_empty_tensor(case)], runner)


if __name__ == "__main__":
    run(main)
