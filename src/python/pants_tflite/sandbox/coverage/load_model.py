# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Loads a model with the installed interpreter, and finds out which of its ops that one refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, Iterator

from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport, RefusedOp
from pants_tflite.sandbox.coverage.cut_ops_protocol import CutOp, CutOpsReport
from pants_tflite.sandbox.coverage.interpreter_attempts import Interpreter
from pants_tflite.sandbox.coverage.load_model_protocol import LoadModelRequest
from pants_tflite.sandbox.harness import run, write_report


def refused_ops(
    interpreter: Interpreter, ops: Iterable[CutOp], folder: Path
) -> Iterator[RefusedOp]:
    """Those of the `ops` in a folder that the interpreter refuses."""
    for op in ops:
        refusal = interpreter.refusal(folder / op.model)
        if refusal is not None and (refusal.is_lookup or op.stands_alone):
            yield RefusedOp(op.index, op.op, op.tensor, refusal.reason)


def main(request: LoadModelRequest) -> None:
    interpreter = Interpreter.find()
    whole = interpreter.refusal(Path(request.model))
    loads, remark = whole is None, "" if whole is None else whole.reason
    refused: tuple[RefusedOp, ...] = ()
    if whole is not None and request.cut is not None:
        folder = Path(request.cut)
        report = CutOpsReport.parse((folder / CutOpsReport.FILE).read_bytes())
        has_kernel = [op for op in report.ops if op.custom and op.op in request.kernels]
        others = [op for op in report.ops if op not in has_kernel]
        refused = tuple(refused_ops(interpreter, others, folder))
        # Only where the kernels are can the whole model be loaded, so its ops are all there is to ask for.
        loads = bool(has_kernel) and not refused
        if loads:
            names = ", ".join(sorted({op.op for op in has_kernel}))
            remark = f"loaded op by op: the kernels of {names} are not part of the runtime"
    write_report(
        CoverageReport(
            runtime=request.runtime,
            loads=loads,
            refused=refused,
            remark=remark,
            answered_by=interpreter.version,
        )
    )


if __name__ == "__main__":
    run(main, LoadModelRequest)
