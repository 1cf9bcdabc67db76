# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Calls one model as often as its parent says, and tells how long that took.

`time_models` starts a process of this for each model, so that none shares caches, threads or memory
with another. Each line on standard input is a number of calls, and is answered with one on standard
output: the seconds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Mapping

import numpy as np

from pants_tflite.sandbox.evaluation.evaluate import load_model
from pants_tflite.sandbox.evaluation.evaluate_protocol import LITERT_RUNTIME
from pants_tflite.sandbox.evaluation.predictions import (
    SampleStream,
    check_has_inputs,
    find_signature,
)
from pants_tflite.sandbox.evaluation.time_model_protocol import TimeModelRequest
from pants_tflite.sandbox.harness import run
from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Signature
from pants_tflite.sandbox.tflite.model_reader import read_model
from pants_tflite.sandbox.verification.verification_samples import SignatureSamples, Source

_WARM_UP_CALLS = 2


def _first_sample(request: TimeModelRequest, signature: Signature) -> SignatureSamples:
    field = request.dataset_field
    if request.dataset is not None:
        return next(iter(SampleStream(request.dataset, signature, field=field, max_samples=1)))
    (samples,) = Source.read(None, None, field=field, max_samples=1, seed=0).for_signatures(
        [signature]
    )
    return samples


def time_calls(
    loaded: LoadedModel, signature: Signature, feed: Mapping[str, np.ndarray], count: int
) -> float:
    """The seconds that so many calls take, without what goes in and out."""
    seconds = 0.0
    for _ in range(count):
        invoke = loaded.prepare(signature, feed)
        start = time.perf_counter()
        invoke()
        seconds += time.perf_counter() - start
    return seconds


def main(request: TimeModelRequest) -> None:
    path = Path(request.model.model)
    model: Model = read_model(path)
    signature = find_signature(model.callables, request.signature)
    check_has_inputs(signature)
    feed = next(_first_sample(request, signature).stored_runs())[0]
    loaded = load_model(path, model, LITERT_RUNTIME, request.model.kernels)
    # The first call allocates, and packs weights.
    loaded.run(signature, feed)
    time_calls(loaded, signature, feed, _WARM_UP_CALLS)
    for line in sys.stdin:
        print(time_calls(loaded, signature, feed, int(line)), flush=True)


if __name__ == "__main__":
    run(main, TimeModelRequest)
