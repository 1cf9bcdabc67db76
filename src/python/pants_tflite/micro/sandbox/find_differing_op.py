# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Finds the first op of a model whose output is another one with TFLite Micro than with LiteRT's
reference kernels, and the op that differs most by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterable, Sequence

import numpy as np

from pants_tflite.micro.sandbox.find_differing_op_protocol import (
    DifferingOp,
    DifferingOpReport,
    FindDifferingOpRequest,
)
from pants_tflite.micro.sandbox.golden import GoldenVectors, NotComparable, compare, step_of
from pants_tflite.micro.sandbox.measure import NO_PROGRAM, Kernels, explain
from pants_tflite.micro.sandbox.measure_protocol import OutputDifference
from pants_tflite.micro.sandbox.op_support import generous_arena
from pants_tflite.sandbox.coverage.attempts import attempt
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel
from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.computed_values import keeps_state
from pants_tflite.sandbox.tflite.exposed_tensors import computed_tensors, expose_tensors
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.model_reader import parse_model, read_model
from pants_tflite.sandbox.tflite.origins import layer_of
from pants_tflite.sandbox.tflite.separate_ops import SeparateOps, separate_ops

Calls = Sequence[Sequence[np.ndarray]]
_UNEXPLAINED = (
    "no op differs if all tensors are kept, so it is how TFLite Micro lays them out that matters"
)


class NotFound(Exception):
    """Why no op can be named."""


@dataclass(frozen=True)
class Runs:
    """Runs a model with both runtimes."""

    kernels: Kernels
    litert_kernels: Sequence[Kernel]

    def with_litert(self, content: bytes, golden: GoldenVectors) -> list[list[np.ndarray]]:
        """The outputs of each call, in the order of the model's."""
        path = Path("exposed.tflite")
        path.write_bytes(content)
        model = parse_model(content)
        (main,) = model.callables

        def run_calls() -> list[list[np.ndarray]]:
            loaded = LoadedModel(path, model, field=None, custom_kernels=self.litert_kernels)
            results = []
            for feed in golden.inputs:
                if golden.fresh:
                    loaded.reset()
                outputs = loaded.run(main, dict(zip((name for name, _ in main.inputs), feed)))
                results.append([outputs[name] for name, _ in main.outputs])
            return results

        try:
            return run_calls()
        except Mistake as error:
            raise NotFound(error.message) from error

    def with_micro(self, content: bytes, calls: Calls, *, fresh: bool) -> list[list[np.ndarray]]:
        """The same from TFLite Micro."""
        model = parse_model(content)
        runtime = self.kernels.runtime(model, content)
        if runtime is None:
            raise NotFound(NO_PROGRAM)
        done = attempt(lambda: runtime.run_calls(generous_arena(model), calls, fresh=fresh))
        if not done.succeeded:
            raise NotFound(f"TFLite Micro does not run it if all tensors are kept: {explain(done)}")
        results: list[list[np.ndarray]] = done.value
        return results


@dataclass(frozen=True)
class Walk:
    """A model, and all that LiteRT computes in it for the golden inputs."""

    content: bytes
    model: Model
    golden: GoldenVectors
    runs: Runs
    litert: list[list[np.ndarray]]

    @classmethod
    def create(cls, content: bytes, model: Model, golden: GoldenVectors, runs: Runs) -> Walk:
        exposed = expose_tensors(content, model)
        return cls(content, model, golden, runs, runs.with_litert(exposed, golden))

    def _describe(self, place: int, difference: OutputDifference) -> DifferingOp:
        graph, computed = self.model.subgraphs[0], computed_tensors(self.model)[place]
        name = graph.tensors[computed.index].name
        return DifferingOp(
            index=computed.position,
            op=graph.ops[computed.position].code.name,
            tensor=name,
            layer=layer_of(name),
            difference=replace(difference, name=name),
        )

    def _compare(
        self, places: Sequence[int], expected: Calls, actual: Calls
    ) -> list[tuple[int, OutputDifference]]:
        graph = self.model.subgraphs[0]
        computed = [computed_tensors(self.model)[place] for place in places]
        tensors = [graph.tensors[tensor.index] for tensor in computed]
        # Tensors may share a name.
        names = [str(place) for place in places]
        golden = replace(
            self.golden,
            signature=replace(self.golden.signature, outputs=tuple(zip(names, tensors))),
            outputs=tuple(tuple(call) for call in expected),
            names=tuple(names),
            steps=tuple(step_of(graph, tensor) for tensor in tensors),
        )
        return list(zip(places, compare(golden, actual)))

    def first(self) -> DifferingOp | None:
        """The first op that differs as the model runs."""
        exposed = expose_tensors(self.content, self.model)
        micro = self.runs.with_micro(exposed, self.golden.inputs, fresh=self.golden.fresh)
        places = range(len(computed_tensors(self.model)))
        compared = self._compare(places, self.litert, micro)
        return next((self._describe(p, found) for p, found in compared if not found.exact), None)

    def worst(self) -> DifferingOp | None:
        """The op that differs most if each is given LiteRT's values."""
        graph = self.model.subgraphs[0]
        positions = [
            position
            for position, op in enumerate(graph.ops)
            if not keeps_state(graph, op)
            and not any(graph.tensors[index].variable for index in op.inputs)
        ]
        separate = separate_ops(self.content, self.model, 0, positions)
        places = {tensor.index: place for place, tensor in enumerate(computed_tensors(self.model))}
        outputs = [index for index in separate.outputs.values() if index in places]
        if not outputs:
            return None
        try:
            micro = self.runs.with_micro(
                separate.content, list(self._feeds(separate, places)), fresh=False
            )
        except NotFound:
            return None
        shown = [place for place, index in enumerate(separate.outputs.values()) if index in places]
        alone = [[call[place] for place in shown] for call in micro]
        expected = [[call[places[index]] for index in outputs] for call in self.litert]
        compared = self._compare([places[index] for index in outputs], expected, alone)
        place, difference = max(compared, key=lambda each: _size(each[1]))
        return self._describe(place, difference) if not difference.exact else None

    def _feeds(self, separate: SeparateOps, places: dict[int, int]) -> Iterable[list[np.ndarray]]:
        """What each op takes: inputs of the model, or what LiteRT computed."""
        inputs = list(self.model.subgraphs[0].inputs)
        for given, computed in zip(self.golden.inputs, self.litert):
            yield [
                given[inputs.index(index)] if index in inputs else computed[places[index]]
                for index in separate.inputs.values()
            ]


def _size(difference: OutputDifference) -> float:
    """How much a difference is; one to no number is the largest."""
    largest = difference.largest_difference
    return math.inf if largest is None else largest


def find(request: FindDifferingOpRequest) -> DifferingOpReport:
    path = Path(request.model)
    model = read_model(path)
    runs = Runs(Kernels.create(request.kernels), Kernel.of_all(request.litert_kernels))
    try:
        golden = GoldenVectors.read(model, Path(request.golden_input), Path(request.golden_output))
        walk = Walk.create(path.read_bytes(), model, golden, runs)
        first = walk.first()
    except (NotComparable, NotFound) as error:
        return DifferingOpReport(not_found=str(error), first=None, worst=None)
    return DifferingOpReport(
        not_found=None if first is not None else _UNEXPLAINED, first=first, worst=walk.worst()
    )


def main(request: FindDifferingOpRequest) -> None:
    write_report(find(request))


if __name__ == "__main__":
    run(main, FindDifferingOpRequest)
