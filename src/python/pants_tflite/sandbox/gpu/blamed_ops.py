# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The ops of a model that the accelerator refuses, or computes wrongly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Mapping

import numpy as np

from pants_tflite.sandbox.coverage.attempts import attempt
from pants_tflite.sandbox.coverage.coverage_protocol import RefusedOp
from pants_tflite.sandbox.gpu.accelerator import Accelerator, reasons
from pants_tflite.sandbox.gpu.check_gpu_protocol import is_far
from pants_tflite.sandbox.gpu.golden_calls import Golden, compare_outputs
from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.exposed_tensors import computed_tensors, expose_tensors
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Op, Subgraph
from pants_tflite.sandbox.tflite.list_ops import made_tensor
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.separate_ops import separate_ops


@dataclass(frozen=True)
class Place:
    """An op by its `index` among all of the model, and its `position` in the graph of this number."""

    index: int
    graph: int
    position: int
    op: Op
    subgraph: Subgraph

    def refused(self, reason: str) -> RefusedOp:
        made = made_tensor(self.op, self.subgraph)
        return RefusedOp(self.index, self.op.code.name, made, reason)


def _places(model: Model) -> Iterator[Place]:
    index = 0
    for number, graph in enumerate(model.subgraphs):
        for position, op in enumerate(graph.ops):
            yield Place(index, number, position, op, graph)
            index += 1


def refused_ops(
    accelerator: Accelerator, content: bytes, model: Model, named: Mapping[str, str]
) -> tuple[RefusedOp, ...]:
    """The ops that the accelerator refuses, of those that it `named` with its reasons, in order.

    It names an op once for each reason. Which ops are meant is found out by asking for each alone.
    """
    refused = []
    for name, reason in named.items():
        places = [place for place in _places(model) if place.op.code.name == name]
        found = [
            place.refused(said.get(name, reason))
            for place in places
            if len(places) > 1 and place.graph == 0
            for said in _refusals_alone(accelerator, content, model, place)
        ]
        refused += found or [place.refused(reason) for place in places]
    return tuple(sorted(refused, key=lambda op: op.index))


def _refusals_alone(
    accelerator: Accelerator, content: bytes, model: Model, place: Place
) -> Iterator[Mapping[str, str]]:
    """What the accelerator says of an op, if it refuses it alone."""
    path = Path("one_op.tflite")
    separate = separate_ops(content, model, place.graph, [place.position])
    path.write_bytes(separate.content)
    done = accelerator.run(path, ())
    if not done.succeeded:
        text = done.text
        for name, index in separate.inputs.items():
            text = re.sub(rf"\b{name}\b", lambda _: place.subgraph.tensors[index].name, text)
        yield reasons(text)


def wrong_op(
    accelerator: Accelerator, content: bytes, model: Model, golden: Golden
) -> tuple[RefusedOp, ...]:
    """The first op of the main graph that computes something else than on the CPU, if one can be told
    from the others once the accelerator shows what each computes."""
    path = Path("exposed.tflite")
    data = expose_tensors(content, model)
    path.write_bytes(data)
    (main,) = parse_model(data).callables
    tensors = {tensor.name for _, tensor in golden.signature.inputs}
    names = [name for name, _ in main.outputs]
    if (
        golden.signature.subgraph
        or len(set(names)) < len(names)
        or len(main.inputs) != len(tensors)
    ):
        return ()
    given = {tensor.name: golden.inputs[name] for name, tensor in golden.signature.inputs}
    feed = {name: given[name][:1] for name, _ in main.inputs}

    def on_cpu() -> dict[str, np.ndarray] | None:
        try:
            loaded = LoadedModel(path, parse_model(data), field=None)
            found = loaded.run(main, {name: array[0] for name, array in feed.items()})
        except Mistake:
            return None
        return {name: array[np.newaxis] for name, array in found.items()}

    expected, actual = attempt(on_cpu), accelerator.run(path, [(main, feed)])
    if not expected.value or not actual.succeeded:
        return ()
    places = {tensor.position for tensor in computed_tensors(model)}
    by_tensor = {
        model.subgraphs[0].tensors[index].name: place
        for place in _places(model)
        if place.graph == 0 and place.position in places
        for index in place.op.outputs
    }
    for output in compare_outputs([Golden(main, feed, expected.value)], actual.value):
        if is_far(output):
            return (
                by_tensor[output.name].refused(
                    f"it computes something else than the CPU: {output.distance}"
                ),
            )
    return ()
