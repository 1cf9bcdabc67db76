# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs a kernel over the cases of its test: prints each, and ends with 1 if one fails."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, Sequence

import numpy as np

from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel
from pants_tflite.sandbox.interpreter.exact_tensors import with_exact_tensors
from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel
from pants_tflite.sandbox.kernel_tests.kernel_case import Case, read_cases
from pants_tflite.sandbox.kernel_tests.one_op_model import one_op_model
from pants_tflite.sandbox.kernel_tests.run_kernel_cases_protocol import (
    CaseResult,
    CaseResults,
    RunCasesRequest,
)
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.model_reader import parse_model

FAILED_EXIT_CODE = 1
Runner = Callable[[bytes, Case], Sequence[np.ndarray]]


@dataclass(frozen=True)
class Outcome:
    """`failure` says what is wrong, or is None."""

    case: Case
    failure: str | None
    error: float

    @property
    def text(self) -> str:
        if self.failure is not None:
            return f"FAILED {self.case.name}: {self.failure}"
        return f"passed {self.case.name} (largest error {self.error:.3g})"


def run_with_litert(kernel: Kernel) -> Runner:
    """A runner of one-op models with `kernel` in LiteRT."""

    def runner(content: bytes, case: Case) -> Sequence[np.ndarray]:
        model = parse_model(content)
        with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
            file.write(content)
            file.flush()
            loaded = LoadedModel(Path(file.name), model, field=None, custom_kernels=[kernel])
            feed = {f"input_{i}": tensor.array for i, tensor in enumerate(case.inputs)}
            outputs = loaded.run(model.callables[0], feed)
        return [outputs[f"output_{i}"] for i in range(len(case.outputs))]

    return runner


def compare(case: Case, actual: Sequence[np.ndarray]) -> Outcome:
    """Compares what a kernel yielded with what `case` expects."""
    worst = 0.0
    for index, (tensor, found) in enumerate(zip(case.outputs, actual)):
        expected = tensor.array
        if found.shape != expected.shape or found.dtype != expected.dtype:
            return Outcome(
                case,
                f"output {index} is {found.dtype} {list(found.shape)}, not {expected.dtype} "
                f"{list(expected.shape)}",
                np.inf,
            )
        if not expected.size:
            continue
        wide = expected.dtype if expected.dtype.kind == "f" else np.int64
        with np.errstate(invalid="ignore"):
            error = np.abs(found.astype(wide) - expected.astype(wide)).astype(np.float64)
        # NaN equals itself here, and nothing else.
        same = (found == expected) | ((found != found) & (expected != expected))
        error = np.where(same, 0.0, np.nan_to_num(error, nan=np.inf))
        excess = error - case.allowed(expected)
        place = np.unravel_index(int(np.argmax(excess)), excess.shape)
        if excess[place] > 0:
            return Outcome(
                case,
                f"output {index} is {found[place]} at {[int(i) for i in place]}, where "
                f"{expected[place]} is expected, give or take {case.allowed(expected)[place]:.3g}; "
                f"{int((excess > 0).sum())} of its {expected.size} elements are wrong",
                float(error[place]),
            )
        worst = max(worst, float(error.max()))
    return Outcome(case, None, worst)


def run_case(op: str, case: Case, runner: Runner) -> Outcome:
    """Runs one case, which fails if the kernel refuses it."""
    print(f"running {case.name}", file=sys.stderr, flush=True)
    try:
        actual = runner(one_op_model(op, case), case)
    except Mistake as error:
        return Outcome(case, error.message, np.inf)
    return compare(case, actual)


def run_cases(op: str, cases: Sequence[Case], runner: Runner) -> None:
    """Runs all cases; ends the process with FAILED_EXIT_CODE if one fails."""
    outcomes = [run_case(op, case, runner) for case in cases]
    print("\n".join(outcome.text for outcome in outcomes))
    results = tuple(CaseResult(outcome.case.name, outcome.failure) for outcome in outcomes)
    write_report(CaseResults(results))
    if any(outcome.failure is not None for outcome in outcomes):
        sys.exit(FAILED_EXIT_CODE)


def main(request: RunCasesRequest) -> None:
    (kernel,) = Kernel.of_all([request.kernel])
    kernel = replace(kernel, adapt=with_exact_tensors)
    kernel.load()
    run_cases(kernel.op, read_cases(Path(request.cases)), run_with_litert(kernel))


if __name__ == "__main__":
    run(main, RunCasesRequest)
