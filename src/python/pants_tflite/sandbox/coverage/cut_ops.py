# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Cuts a model into models of one op each, for runtimes that do not say which op they refuse."""

from __future__ import annotations

from pathlib import Path

from pants_tflite.sandbox.coverage.cut_ops_protocol import CutOp, CutOpsReport, CutOpsRequest
from pants_tflite.sandbox.coverage.interpreter_attempts import Interpreter
from pants_tflite.sandbox.coverage.single_op_models import single_op_models
from pants_tflite.sandbox.harness import OUTPUT_DIR, run, write_report
from pants_tflite.sandbox.tflite.list_ops import made_tensor
from pants_tflite.sandbox.tflite.model_reader import parse_model


def main(request: CutOpsRequest) -> None:
    path = Path(request.model)
    data = path.read_bytes()
    model = parse_model(data)
    interpreter = Interpreter.find()
    # If LiteRT takes the whole model and not the op, it is the cutting that it refuses.
    takes_whole = interpreter.refusal(path) is None
    ops = []
    tensors = [made_tensor(op, graph) for graph in model.subgraphs for op in graph.ops]
    for index, (single, tensor) in enumerate(zip(single_op_models(model, data), tensors)):
        file = OUTPUT_DIR / f"{index}.tflite"
        file.write_bytes(single.data)
        ops.append(
            CutOp(
                index=index,
                op=single.code.name,
                custom=single.code.custom,
                tensor=tensor,
                model=file.name,
                stands_alone=not takes_whole or interpreter.refusal(file) is None,
            )
        )
    write_report(CutOpsReport(tuple(ops)))


if __name__ == "__main__":
    run(main, CutOpsRequest)
