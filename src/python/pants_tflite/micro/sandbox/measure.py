# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Measures a model with TFLite Micro: what it lacks, its arena, how far from LiteRT it is."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pants_tflite.micro.sandbox.arena import allocated_parts, largest_tensor, smallest_arena
from pants_tflite.micro.sandbox.compiled_runtime import Program
from pants_tflite.micro.sandbox.golden import GoldenVectors, NotComparable, compare
from pants_tflite.micro.sandbox.measure_protocol import (
    ArenaReport,
    GoldenReport,
    Lack,
    MeasuredOn,
    MeasurementReport,
    MeasureRequest,
    MicroKernelOps,
    Refusal,
)
from pants_tflite.micro.sandbox.micro_interpreter import POINTER_BITS, Wheel, tflm_version
from pants_tflite.micro.sandbox.op_support import cause_of, find_lacks, generous_arena
from pants_tflite.micro.sandbox.runtime import Runtime
from pants_tflite.sandbox.coverage.attempts import Attempt, attempt
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.model_reader import read_model

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
    def create(cls, used: MicroKernelOps | None) -> Kernels:
        if used is None:
            return cls(version=tflm_version())
        if used.program is None:
            return cls(used.ops, version=tflm_version())
        return cls(
            ops=used.ops,
            program=Path(used.program.path),
            name=used.program.runtime,
            version=used.program.version,
        )

    @property
    def measured_on(self) -> MeasuredOn:
        return MeasuredOn(self.name, self.version, POINTER_BITS)

    def runtime(self, model: Model, data: bytes) -> Runtime | None:
        """What runs the model; None if nothing can."""
        graph = model.subgraphs[0]
        if self.program is not None:
            return Program(self.program, data, graph)
        return None if self.ops else Wheel(data, graph)


def explain(failure: Attempt) -> str:
    """A failed attempt, in a sentence."""
    cause = cause_of(failure)
    if failure.signal:
        killed = f"it ends its process with {signal.Signals(failure.signal).name}"
        return f"{killed}: {cause}" if cause else killed
    return cause


def refuse(kernels: Kernels, cause: str, lacks: tuple[Lack, ...]) -> MeasurementReport:
    return MeasurementReport(
        refusal=Refusal(cause, lacks), arena=None, golden=None, measured_on=kernels.measured_on
    )


def report_unmeasured(model: Model, kernels: Kernels, lacks: tuple[Lack, ...]) -> MeasurementReport:
    """The report on a model whose kernels nothing here can run; `lacks` are ops of other kinds."""
    if lacks:
        return refuse(kernels, "", lacks)
    return MeasurementReport(
        refusal=None,
        arena=ArenaReport(None, largest_tensor(model)),
        golden=GoldenReport(NO_PROGRAM, 0, ()),
        measured_on=kernels.measured_on,
    )


def measure(
    model: Model,
    data: bytes,
    golden: GoldenVectors | None,
    not_compared: str | None,
    kernels: Kernels = Kernels(),
) -> MeasurementReport:
    if model.external_buffers:
        cause = "it does not find weights that lie outside of the model's flatbuffer"
        return refuse(kernels, cause, ())
    runtime = kernels.runtime(model, data)
    if runtime is None:
        return report_unmeasured(model, kernels, find_lacks(model, data, kernels.ops))

    def run_model(arena: int) -> list[Any]:
        if golden is None:
            runtime.run_zeros(arena)
            return []
        return runtime.run_calls(arena, golden.inputs, fresh=golden.fresh)

    enough = generous_arena(model)
    whole = attempt(lambda: run_model(enough))
    if not whole.succeeded:
        return refuse(kernels, explain(whole), find_lacks(model, data, kernels.ops))
    smallest = smallest_arena(runtime, enough, run_model)
    persistent, overlaid = allocated_parts(runtime, enough)
    compared = None
    if not_compared is not None:
        compared = GoldenReport(not_compared, 0, ())
    elif golden is not None:
        outputs = attempt(lambda: run_model(smallest)).value
        compared = GoldenReport(None, len(golden.inputs), compare(golden, outputs))
    return MeasurementReport(
        refusal=None,
        arena=ArenaReport(smallest, largest_tensor(model), persistent, overlaid),
        golden=compared,
        measured_on=kernels.measured_on,
    )


def main(request: MeasureRequest) -> None:
    path = Path(request.model)
    model = read_model(path)
    golden, not_compared = None, None
    if request.golden_input is not None and request.golden_output is not None:
        try:
            golden = GoldenVectors.read(
                model, Path(request.golden_input), Path(request.golden_output)
            )
        except NotComparable as error:
            not_compared = str(error)
    kernels = Kernels.create(request.kernels)
    write_report(
        measure(
            model=model,
            data=path.read_bytes(),
            golden=golden,
            not_compared=not_compared,
            kernels=kernels,
        )
    )


if __name__ == "__main__":
    run(main, MeasureRequest)
