# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Measures a model with TFLite Micro: what it lacks, its arena, how far from LiteRT it is.

`measurement.json` holds

- `refusal`: null, or why TFLite Micro does not run the model: `cause` in a sentence, and `lacks`,
  every `op` that does not work with its `cause` and `count`; all below is null then;
- `arena`: `smallest`, in bytes, that the model works in, and the `largest_tensor` in it;
  `smallest` is null if the model has custom ops and there is no program with their kernels;
- `golden`: null if there are no golden vectors, or `not_compared` (why they cannot be replayed,
  or null), the number of `calls` and the `outputs` (see golden.py);
- `measured_on`: the `runtime`, its `version` and `pointer_bits`.

The request holds `model`, `golden_input` and `golden_output` (paths, the latter two or null), and
`kernels`: null, or the `ops` of the model that have kernels in addition to TFLite Micro's, and the
`program` with them: null, or its `path` and the `runtime` and `version` in it.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from pants_tflite.micro.sandbox.arena import largest_tensor, smallest_arena
from pants_tflite.micro.sandbox.attempts import Attempt, attempt
from pants_tflite.micro.sandbox.compiled_runtime import Program
from pants_tflite.micro.sandbox.golden import GoldenVectors, NotComparable, compare
from pants_tflite.micro.sandbox.micro_interpreter import POINTER_BITS, Wheel, tflm_version
from pants_tflite.micro.sandbox.op_support import cause_of, find_lacks, generous_arena
from pants_tflite.micro.sandbox.runtime import Runtime
from pants_tflite.sandbox.harness import OUTPUT_DIR, run, write_json
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.model_reader import read_model

FORMAT_VERSION = 1
NO_PROGRAM = "TFLite Micro's wheel cannot load the kernels of its custom ops"


@dataclass(frozen=True)
class Kernels:
    """The custom `ops` of a model that have kernels besides TFLite Micro's own, and the `program`
    that has them, with the `name` and the `version` of the TFLite Micro in it."""

    ops: tuple[str, ...] = ()
    program: Path | None = None
    name: str = "tflite-micro"
    version: str = ""

    @classmethod
    def parse(cls, request: Mapping[str, Any] | None) -> Kernels:
        if request is None:
            return cls(version=tflm_version())
        program = request["program"]
        if program is None:
            return cls(tuple(request["ops"]), version=tflm_version())
        path = Path(program["path"])
        return cls(tuple(request["ops"]), path, program["runtime"], program["version"])

    def runtime(self, model: Model, data: bytes) -> Runtime | None:
        """What runs the model; None if nothing can."""
        graph = model.subgraphs[0]
        if self.program is not None:
            return Program(self.program, data, graph)
        return None if self.ops else Wheel(data, graph)

    def lacks(self, model: Model, data: bytes) -> list[dict[str, Any]]:
        return [lack.to_json() for lack in find_lacks(model, data, self.ops)]


def explain(failure: Attempt) -> str:
    """A failed attempt, in a sentence."""
    cause = cause_of(failure)
    if failure.signal:
        killed = f"it ends its process with {signal.Signals(failure.signal).name}"
        return f"{killed}: {cause}" if cause else killed
    return cause


def refuse(cause: str, lacks: list[dict[str, Any]]) -> dict[str, Any]:
    return {"refusal": {"cause": cause, "lacks": lacks}, "arena": None, "golden": None}


def report_unmeasured(model: Model, lacks: list[dict[str, Any]]) -> dict[str, Any]:
    """The report on a model whose kernels nothing here can run; `lacks` are ops of other kinds."""
    if lacks:
        return refuse("", lacks)
    return {
        "refusal": None,
        "arena": {"smallest": None, "largest_tensor": largest_tensor(model)},
        "golden": {"not_compared": NO_PROGRAM, "calls": 0, "outputs": []},
    }


def measure(
    model: Model,
    data: bytes,
    golden: GoldenVectors | None,
    not_compared: str | None,
    kernels: Kernels = Kernels(),
) -> dict[str, Any]:
    """The report, without what measured it."""
    if model.external_buffers:
        return refuse("it does not find weights that lie outside of the model's flatbuffer", [])
    runtime = kernels.runtime(model, data)
    if runtime is None:
        return report_unmeasured(model, kernels.lacks(model, data))

    def run_model(arena: int) -> list[Any]:
        if golden is None:
            runtime.run_zeros(arena)
            return []
        return runtime.run_calls(arena, golden.inputs)

    enough = generous_arena(model)
    whole = attempt(lambda: run_model(enough))
    if not whole.succeeded:
        return refuse(explain(whole), kernels.lacks(model, data))
    smallest = smallest_arena(runtime, enough, run_model)
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
            "outputs": compare(golden, outputs),
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
    kernels = Kernels.parse(request["kernels"])
    report = {
        "format_version": FORMAT_VERSION,
        **measure(model, path.read_bytes(), golden, not_compared, kernels),
        "measured_on": {
            "runtime": kernels.name,
            "version": kernels.version,
            "pointer_bits": POINTER_BITS,
        },
    }
    write_json(OUTPUT_DIR / "measurement.json", report)


if __name__ == "__main__":
    run(main)
