# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Measures a model with TFLite Micro: what it lacks, its arena, how far from LiteRT it is.

`measurement.json` holds

- `refusal`: null, or why TFLite Micro does not run the model: `cause` in a sentence, and `lacks`,
  every `op` that does not work with its `cause` and `count`; all below is null then;
- `arena`: `smallest`, in bytes, that the model works in, and the `largest_tensor` in it;
- `golden`: null where there are no golden vectors, or `not_compared` (why they cannot be replayed,
  or null), the number of `calls` and the `outputs` (see golden.py);
- `measured_on`: the `runtime`, its `version` and `pointer_bits`.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from pants_tflite.micro.sandbox.arena import largest_tensor, smallest_arena
from pants_tflite.micro.sandbox.attempts import Attempt, attempt
from pants_tflite.micro.sandbox.golden import GoldenVectors, NotComparable, compare
from pants_tflite.micro.sandbox.micro_interpreter import (
    POINTER_BITS,
    run_calls,
    run_zeros,
    tflm_version,
)
from pants_tflite.micro.sandbox.op_support import cause_of, find_lacks, generous_arena
from pants_tflite.sandbox.flatbuffer_model import Model
from pants_tflite.sandbox.harness import OUTPUT_DIR, run, write_json
from pants_tflite.sandbox.model_reader import read_model

FORMAT_VERSION = 1


def explain(failure: Attempt) -> str:
    """A failed attempt, in a sentence."""
    cause = cause_of(failure)
    if failure.signal:
        killed = f"it ends its process with {signal.Signals(failure.signal).name}"
        return f"{killed}: {cause}" if cause else killed
    return cause


def refuse(cause: str, lacks: list[dict[str, Any]]) -> dict[str, Any]:
    return {"refusal": {"cause": cause, "lacks": lacks}, "arena": None, "golden": None}


def measure(
    model: Model, data: bytes, golden: GoldenVectors | None, not_compared: str | None
) -> dict[str, Any]:
    """The report, but for what measured it."""
    if model.external_buffers:
        return refuse("it does not find weights that lie outside of the model's flatbuffer", [])
    graph = model.subgraphs[0]

    def run_model(arena: int) -> list[Any]:
        if golden is None:
            run_zeros(data, arena, len(graph.inputs))
            return []
        return run_calls(data, arena, golden.inputs, len(graph.outputs))

    enough = generous_arena(model)
    whole = attempt(lambda: run_model(enough))
    if not whole.succeeded:
        lacks = find_lacks(model, data)
        return refuse(explain(whole), [lack.to_json() for lack in lacks])
    smallest = smallest_arena(data, enough, run_model)
    report: dict[str, Any] = {
        "refusal": None,
        "arena": {"smallest": smallest, "largest_tensor": largest_tensor(model)},
        "golden": None,
    }
    if not_compared is not None:
        report["golden"] = {"not_compared": not_compared, "calls": 0, "outputs": []}
    elif golden is not None:
        outputs = attempt(lambda: run_model(smallest)).value
        report["golden"] = {
            "not_compared": None,
            "calls": len(golden.inputs),
            "outputs": compare(model, golden, outputs),
        }
    return report


def main(request: dict[str, Any]) -> None:
    path = Path(request["model"])
    model = read_model(path)
    golden, not_compared = None, None
    if request["golden_input"] is not None:
        paths = Path(request["golden_input"]), Path(request["golden_output"])
        try:
            golden = GoldenVectors.read(model, *paths)
        except NotComparable as error:
            not_compared = str(error)
    report = {
        "format_version": FORMAT_VERSION,
        **measure(model, path.read_bytes(), golden, not_compared),
        "measured_on": {
            "runtime": "tflite-micro",
            "version": tflm_version(),
            "pointer_bits": POINTER_BITS,
        },
    }
    write_json(OUTPUT_DIR / "measurement.json", report)


if __name__ == "__main__":
    run(main)
