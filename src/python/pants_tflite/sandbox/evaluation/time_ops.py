# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Times each op of a model in a model of its own, since LiteRT's Python interface has no profiler.

What an op gains from running right after another, with its input still in the processor's cache, is
not in its time. So the times of all ops may add up to more than that of the model.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Callable

import numpy as np

from pants_tflite.sandbox.evaluation.evaluate import load_model
from pants_tflite.sandbox.evaluation.evaluate_protocol import LITERT_RUNTIME
from pants_tflite.sandbox.evaluation.time_ops_protocol import OpTimesReport, TimeOpsRequest
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.texts import shorten
from pants_tflite.sandbox.tflite.computed_values import fixed_tensors
from pants_tflite.sandbox.tflite.flatbuffer_model import Signature
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.separate_ops import separate_ops

_FILE = Path("op.tflite")
_MAIN = 0
# Long enough for the clock, and short for models of many ops.
_SECONDS = 0.03
_FEWEST_CALLS, _MOST_CALLS = 5, 500
_LONGEST_REASON = 200


def time_call(call: Callable[[], object]) -> float:
    """The median of the seconds of a call. The first one, which allocates, does not count."""
    call()
    times: list[float] = []
    while len(times) < _FEWEST_CALLS or (sum(times) < _SECONDS and len(times) < _MOST_CALLS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _made_up(signature: Signature) -> dict[str, np.ndarray]:
    """A seeded value for each input: zeros would be quicker to multiply in some kernels."""
    generator = np.random.default_rng(0)
    feed = {}
    for name, tensor in signature.inputs:
        dtype = np.dtype(tensor.dtype)
        if dtype.kind == "f":
            feed[name] = generator.uniform(-1, 1, tensor.shape).astype(dtype)
        else:
            # These are valid indices, too.
            feed[name] = generator.integers(0, 2, tensor.shape).astype(dtype)
    return feed


def _time_op(request: TimeOpsRequest, content: bytes, index: int) -> float:
    """Raises Mistake if the op cannot run alone."""
    model = parse_model(content)
    separate = separate_ops(content, model, _MAIN, (index,)).content
    _FILE.write_bytes(separate)
    alone = parse_model(separate)
    signature = alone.signatures[0]
    loaded = load_model(_FILE, alone, LITERT_RUNTIME, request.kernels)
    feed = _made_up(signature)
    loaded.run(signature, feed)
    return time_call(loaded.prepare(signature, feed))


def main(request: TimeOpsRequest) -> None:
    content = Path(request.model).read_bytes()
    graph = parse_model(content).subgraphs[_MAIN]
    fixed = fixed_tensors(graph)
    seconds, not_timed = {}, {}
    for index, op in enumerate(graph.ops):
        if op.outputs and all(output in fixed for output in op.outputs):
            continue
        try:
            seconds[str(index)] = _time_op(request, content, index)
        except (Mistake, TypeError) as error:
            # A tensor of variants or of text has no NumPy type.
            not_timed[str(index)] = shorten(str(error), _LONGEST_REASON)
    write_report(OpTimesReport(seconds, not_timed))


if __name__ == "__main__":
    run(main, TimeOpsRequest)
