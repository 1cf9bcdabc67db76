# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs a dataset through a model, and writes what the model says of each sample.

It does so as `verify` does, with the same arrays in the same calls, but with LiteRT's usual kernels
if asked for them. Samples come as a stream, so that any number of them takes the same memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

import numpy as np

from pants_tflite.sandbox.evaluation.evaluate_protocol import (
    LITERT_RUNTIME,
    EvaluateRequest,
)
from pants_tflite.sandbox.evaluation.predictions import (
    SampleStream,
    check_has_inputs,
    find_signature,
    write_predictions,
)
from pants_tflite.sandbox.harness import run
from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel
from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.interpreter.litert_interpreter import (
    DEFAULT_KERNELS,
    LoadedModel,
    interpreter_library,
)
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.model_reader import read_model
from pants_tflite.sandbox.verification.verification_samples import SignatureSamples

_FIELD = "model"


def load_model(
    path: Path, model: Model, runtime: str, libraries: tuple[KernelLibrary, ...]
) -> LoadedModel:
    """The model with the kernels of a runtime. Raises Mistake if an op has none."""
    kernels = Kernel.of_all(libraries)
    lacking = sorted(set(model.custom_ops) - {kernel.op for kernel in kernels})
    if lacking:
        raise Mistake(
            f"{interpreter_library(model).title} has no kernel for the custom ops "
            f"{', '.join(lacking)} of the model, so that it cannot run here",
            field=_FIELD,
            fix="Give the model `custom_ops` by the addresses of `tflite_custom_op` targets.",
        )
    if runtime == LITERT_RUNTIME:
        return LoadedModel(
            path, model, field=_FIELD, kernels=DEFAULT_KERNELS, custom_kernels=kernels
        )
    return LoadedModel.with_reference_kernels(path, model, field=_FIELD, custom_kernels=kernels)


def run_samples(loaded: LoadedModel, samples: SignatureSamples) -> Mapping[str, np.ndarray]:
    """The real outputs for samples, by name, each of shape (N, …)."""
    rows = []
    for calls in samples.stored_runs():
        loaded.reset()
        rows += [samples.real_outputs(loaded.run(samples.signature, feed)) for feed in calls]
    return samples.batching.collect(rows, samples.count)


def main(request: EvaluateRequest) -> None:
    path = Path(request.model)
    model = read_model(path)
    signature = find_signature(model.callables, request.signature)
    check_has_inputs(signature)
    stream = SampleStream(
        request.dataset, signature, field=request.dataset_field, max_samples=request.max_samples
    )
    loaded = load_model(path, model, request.runtime, request.kernels)
    write_predictions(
        stream,
        lambda samples: run_samples(loaded, samples),
        runtime=request.runtime,
        signature=signature,
        kernels=loaded.kernels,
        tools=interpreter_library(model).tools,
    )


if __name__ == "__main__":
    run(main, EvaluateRequest)
