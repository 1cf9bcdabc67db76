# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Compares a part that was cut out of a SavedModel with the whole one, before anything uses it.

The whole model runs on samples of its own inputs, and the tensors where it was cut are read. The part
gets those that are its inputs, and must compute those that are its outputs.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.batching import Batching, cast, fit
from pants_tflite.sandbox.samples.npz_files import Dataset
from pants_tflite.sandbox.samples.seeded_samples import seeded_samples
from pants_tflite.sandbox.saved_models.cut_points import OUTPUTS
from pants_tflite.sandbox.saved_models.cut_protocol import CutRequest
from pants_tflite.sandbox.saved_models.flat_graph import FlatGraph
from pants_tflite.sandbox.saved_models.graph_function import trace, without_placeholders
from pants_tflite.sandbox.saved_models.loading import call_signature, input_infos
from pants_tflite.sandbox.saved_models.variables import InitialState

_MAX_SAMPLES = 16
# Of the greatest value in an output. Both run the same kernels: more is another computation.
_TOLERANCE = 1e-4
# What is read from the whole model in one call, apart by the beginning of its name.
_OWN, _FED, _READ = "own/", "fed/", "read/"
Arrays = Mapping[str, np.ndarray]
# What goes into each call, or comes out of it, for calls in turn from a fresh state.
Runs = Sequence[Sequence[Arrays]]


@dataclass(frozen=True)
class CutCheck:
    """The `whole` SavedModel, one of whose signatures was flattened to `graph`, and the `part` of it
    between tensors, by name. `order` are the whole one's inputs as the model takes them."""

    whole: Any
    signature: str
    graph: FlatGraph
    order: tuple[str, ...]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    part: Any


@dataclass(frozen=True)
class ComparedSamples:
    count: int
    made_up: bool


@dataclass(frozen=True)
class _Samples:
    arrays: dict[str, np.ndarray]
    batching: Batching
    made_up: bool


def check_cut(check: CutCheck, request: CutRequest) -> ComparedSamples:
    """Raises Mistake if the part computes something else than the whole SavedModel does there, or if
    the request's dataset does not fit the part.

    Returns which samples they were compared on. There are none if made-up ones do not do, and the
    whole model takes more than the dataset has.
    """
    dataset = Dataset.read(Path(request.dataset)) if request.dataset else None
    given = {} if dataset is None else _given(check, dataset, request)
    sequence = dataset is not None and dataset.sequence
    try:
        samples = _samples(check, given, sequence, request)
    except Mistake as error:
        return _not_compared(error)
    signature, part = (each.signatures[check.signature] for each in (check.whole, check.part))
    state = InitialState.of(check.whole, [signature])
    runs = list(samples.batching.runs(samples.arrays))
    try:
        expected = _call_in_turn(signature, runs, state)
    except Exception as error:
        if samples.made_up:
            return _not_compared(error)
        raise Mistake(
            f"the SavedModel's signature `{check.signature}` cannot run on the samples: {error}",
            field=request.dataset_field,
            fix="Yield samples that the model takes from the dataset's function.",
        ) from error
    read = _call_in_turn(_probe(check), runs, state)
    own, fed, cut = (_with_prefix(read, prefix) for prefix in (_OWN, _FED, _READ))
    computed = _call_in_turn(part, fed, InitialState.of(check.part, [part]))
    differing = _differing(expected, own) or _differing(cut, computed)
    # A model that draws random numbers has other ones each time.
    if differing and not _differing(expected, _call_in_turn(signature, runs, state)):
        raise Mistake(
            f"the output `{differing}` of the cut model is not what the whole SavedModel computes there",
            field=OUTPUTS,
            value=differing,
            fix="Cut at other tensors.",
        )
    count = len(next(iter(samples.arrays.values()), (None,)))
    return ComparedSamples(0 if differing else count, samples.made_up)


def _not_compared(error: Exception) -> ComparedSamples:
    message = str(error).partition("\n")[0]
    print(f"The cut model was not compared with the whole one: {message}", file=sys.stderr)
    return ComparedSamples(0, made_up=True)


def _given(check: CutCheck, dataset: Dataset, request: CutRequest) -> dict[str, np.ndarray]:
    """The dataset's samples of the whole model's inputs: those that the part shares with it, by name
    or in the part's order, and others that it has by name.

    Raises Mistake if it does not have those of the part.
    """
    names, field = list(check.inputs), request.dataset_field
    of_part = dataset.of_signature(check.signature, names) or dataset
    try:
        samples = of_part.for_inputs(names, field=field)
    except Mistake as error:
        raise Mistake(
            error.message,
            field=field,
            fix=f"Yield samples of the cut model's own inputs, {', '.join(names)}: a dict by name, or a "
            "list in this order. Those of the whole model do not fit if its inputs are cut off.",
        ) from error
    infos = input_infos(check.part.signatures[check.signature])
    fit(samples, {info.name: info.shape for info in infos}, field=field, sequence=dataset.sequence)
    cast(samples, _dtypes(infos), field=field)
    own = {tensor: name for name, tensor in check.graph.inputs.items()}
    given = {own[tensor]: samples[n] for n, tensor in check.inputs.items() if tensor in own}
    for name in set(check.graph.inputs) - set(given) - set(names):
        other = dataset.of_signature(check.signature, [name])
        if other is not None:
            given[name] = other.inputs[name]
    count = min(request.max_samples or _MAX_SAMPLES, _MAX_SAMPLES)
    return {name: array[:count] for name, array in given.items()}


def _samples(check: CutCheck, given: Arrays, sequence: bool, request: CutRequest) -> _Samples:
    """Samples of the whole model's inputs: those `given`, and made-up ones for the others.

    Those given have a dimension of calls in a `sequence`.
    """
    infos, field = input_infos(check.whole.signatures[check.signature]), request.dataset_field
    shapes, dtypes = {info.name: info.shape for info in infos}, _dtypes(infos)
    others = {name: shape for name, shape in shapes.items() if name not in given}
    first = next(iter(given.values()), None)
    leading = (_MAX_SAMPLES,) if first is None else first.shape[: 2 if sequence else 1]
    made = seeded_samples(
        others,
        {name: dtypes[name] for name in others},
        count=math.prod(leading),
        seed=request.seed,
        field=field,
    )
    made = {name: array.reshape(*leading, *array.shape[1:]) for name, array in made.items()}
    arrays = cast({**given, **made}, dtypes, field=field)
    arrays = {name: arrays[name] for name in check.order}
    batching = fit(arrays, shapes, field=field, sequence=len(leading) > 1)
    return _Samples(arrays, batching, made_up=bool(made))


def _dtypes(infos: Any) -> dict[str, np.dtype]:
    import tensorflow as tf

    return {info.name: np.dtype(tf.as_dtype(info.dtype).as_numpy_dtype) for info in infos}


def _probe(check: CutCheck) -> Any:
    """A function of the whole flat graph, with the tensors where it is cut next to its own outputs."""
    import tensorflow as tf

    graph = check.graph
    outputs = {f"{_OWN}{name}": tensor for name, tensor in graph.outputs.items()}
    outputs.update({f"{_FED}{name}": tensor for name, tensor in check.inputs.items()})
    outputs.update({f"{_READ}{name}": tensor for name, tensor in check.outputs.items()})
    function = trace(
        graph,
        without_placeholders(graph),
        inputs=graph.inputs,
        specs=check.whole.signatures[check.signature].structured_input_signature[1],
        outputs=outputs,
    )
    return lambda **feed: function(*(tf.constant(feed[name]) for name in graph.inputs))


def _call_in_turn(function: Any, runs: Runs, state: InitialState) -> Runs:
    """The outputs of each call. A run of calls begins with the initial state."""
    results = []
    for run in runs:
        state.restore()
        results.append([call_signature(function, feed) for feed in run])
    return results


def _with_prefix(runs: Runs, prefix: str) -> Runs:
    return [
        [
            {n.removeprefix(prefix): array for n, array in call.items() if n.startswith(prefix)}
            for call in run
        ]
        for run in runs
    ]


def _differing(expected: Runs, actual: Runs) -> Optional[str]:
    """The name of an output whose values differ, or None."""
    for first_run, second_run in zip(expected, actual, strict=True):
        for first, second in zip(first_run, second_run, strict=True):
            for name in sorted({*first, *second}):
                if name not in first or name not in second or not _equal(first[name], second[name]):
                    return name
    return None


def _equal(first: np.ndarray, second: np.ndarray) -> bool:
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    if first.dtype.kind not in "fc":
        return bool(np.array_equal(first, second))
    finite = np.abs(first[np.isfinite(first)])
    limit = _TOLERANCE * float(finite.max(initial=0.0))
    return bool(np.isclose(first, second, rtol=0.0, atol=limit, equal_nan=True).all())
