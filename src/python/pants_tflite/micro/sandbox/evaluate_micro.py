# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs a dataset through a model with TFLite Micro, and writes what `evaluate` writes."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

import numpy as np

from pants_tflite.micro.sandbox.evaluate_micro_protocol import EvaluateMicroRequest
from pants_tflite.micro.sandbox.micro_interpreter import tflm_version
from pants_tflite.micro.sandbox.verify_micro import TOOL, Feed, MainGraph, run_micro
from pants_tflite.sandbox.evaluation.predictions import (
    SampleStream,
    check_has_inputs,
    find_signature,
    write_predictions,
)
from pants_tflite.sandbox.harness import run
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.model_reader import read_model
from pants_tflite.sandbox.verification.verification_samples import SignatureSamples

_FIELD = "model"
_RUNTIME = "micro"


def run_samples(
    model: Model, data: bytes, graph: MainGraph, samples: SignatureSamples
) -> Mapping[str, np.ndarray]:
    """The real outputs for samples, by name, each of shape (N, …)."""
    runs: list[list[Feed]] = [list(calls) for calls in samples.stored_runs()]
    if not model.may_keep_state:
        # No call depends on another, and so the model is loaded once.
        runs = [[call for calls in runs for call in calls]]
    results = run_micro(model, data, graph, runs, field=_FIELD, litert_runs_it=True)
    rows = [samples.real_outputs(call) for calls in results for call in calls]
    return samples.batching.collect(rows, samples.count)


def main(request: EvaluateMicroRequest) -> None:
    path = Path(request.model)
    model, data = read_model(path), path.read_bytes()
    if model.external_buffers:
        raise Mistake(
            "TFLite Micro does not find weights that lie outside of the model's flatbuffer",
            field=_FIELD,
            fix='Convert the model with `engine="tensorflow"`, or leave "micro" out of `runtimes`.',
        )
    signature = find_signature(model.callables, request.signature)
    check_has_inputs(signature)
    graph = MainGraph.create(model, field="signature", name=signature.name)
    stream = SampleStream(
        request.dataset,
        graph.signature,
        field=request.dataset_field,
        max_samples=request.max_samples,
    )
    write_predictions(
        stream,
        lambda samples: run_samples(model, data, graph, samples),
        runtime=_RUNTIME,
        signature=signature,
        kernels=TOOL,
        tools={TOOL: tflm_version()},
    )


if __name__ == "__main__":
    run(main, EvaluateMicroRequest)
