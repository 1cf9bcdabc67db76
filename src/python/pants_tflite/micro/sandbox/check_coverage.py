# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Finds out which ops of a model, with their types, TFLite Micro refuses."""

from __future__ import annotations

from pathlib import Path

from pants_tflite.micro.sandbox.check_coverage_protocol import MicroCoverageRequest
from pants_tflite.micro.sandbox.micro_interpreter import run_zeros, tflm_version
from pants_tflite.micro.sandbox.op_support import cause_of, generous_arena, lacking_ops
from pants_tflite.sandbox.coverage.attempts import attempt
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport, RefusedOp
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.tflite.list_ops import made_tensor
from pants_tflite.sandbox.tflite.model_reader import parse_model


def check(request: MicroCoverageRequest) -> CoverageReport:
    data = Path(request.model).read_bytes()
    model = parse_model(data)
    arena = generous_arena(model)
    whole = attempt(lambda: run_zeros(data, arena, len(model.subgraphs[0].inputs)))
    refused: tuple[RefusedOp, ...] = ()
    if not whole.succeeded:
        tensors = [made_tensor(op, graph) for graph in model.subgraphs for op in graph.ops]
        refused = tuple(
            RefusedOp(lack.index, lack.op, tensors[lack.index], lack.cause)
            for lack in lacking_ops(model, data, request.kernels)
        )
    # The wheel cannot load kernels, so that the whole model says no more than its ops.
    has_kernels = any(code.custom and code.name in request.kernels for code in model.op_codes)
    loads = whole.succeeded or (has_kernels and not refused)
    return CoverageReport(
        runtime=request.runtime,
        loads=loads,
        refused=refused,
        remark="" if loads or refused else cause_of(whole) or f"it ends with signal {whole.signal}",
        answered_by=f"tflite-micro {tflm_version()}",
    )


def main(request: MicroCoverageRequest) -> None:
    write_report(check(request))


if __name__ == "__main__":
    run(main, MicroCoverageRequest)
