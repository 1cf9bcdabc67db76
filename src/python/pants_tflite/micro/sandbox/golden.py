# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Golden vectors, replayed with TFLite Micro: how far its outputs are from LiteRT's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np

from pants_tflite.micro.sandbox.measure_protocol import RELATIVE, STEPS, VALUES, OutputDifference
from pants_tflite.sandbox.samples.npz_files import SEQUENCE, read_npz
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Signature, Subgraph, Tensor

_DIGITS = 6


class NotComparable(Exception):
    """Why the golden vectors of a model cannot be replayed."""


@dataclass(frozen=True)
class GoldenVectors:
    """What goes into the main graph, and what must come out, as the tensors store it.

    Each call has one array for each input or output of `signature`, in the graph's order. `steps`
    are what one step of each output's quantization is worth in the values that it stores, None
    if these are not quantized numbers. `fresh` says that each call starts from the state in which the
    model was loaded; the calls of a sequence, and of a model without a state, do not.
    """

    signature: Signature
    inputs: tuple[tuple[np.ndarray, ...], ...]
    outputs: tuple[tuple[np.ndarray, ...], ...]
    names: tuple[str, ...]
    steps: tuple[float | None, ...]
    fresh: bool = False

    @classmethod
    def read(cls, model: Model, inputs: Path, outputs: Path) -> GoldenVectors:
        """Raises NotComparable if TFLite Micro cannot be fed with them."""
        graph = model.subgraphs[0]
        signature = next((each for each in model.callables if each.subgraph == 0), None)
        if signature is None:
            raise NotComparable("no signature calls the main graph, the only one that it runs")
        input_names = _in_order(graph, graph.inputs, signature.inputs)
        output_names = _in_order(graph, graph.outputs, signature.outputs)
        tensors = dict(signature.outputs)
        input_arrays, output_arrays = read_npz(inputs), read_npz(outputs)
        wanted = _calls(
            signature=signature, names=output_names, tensors=tensors, arrays=output_arrays
        )
        if not input_names:
            raise NotComparable(f"`{signature.name}` has no inputs")
        return cls(
            signature=signature,
            inputs=_calls(
                signature=signature,
                names=input_names,
                tensors=dict(signature.inputs),
                arrays=input_arrays,
            ),
            outputs=wanted,
            names=output_names,
            steps=tuple(step_of(graph, tensors[name]) for name in output_names),
            fresh=model.may_keep_state and f"{signature.name}/{SEQUENCE}" not in input_arrays,
        )


def _in_order(
    graph: Subgraph, indices: Sequence[int], named: Sequence[tuple[str, Tensor]]
) -> tuple[str, ...]:
    """The names of a signature's tensors, in the graph's order."""
    names = []
    for index in indices:
        found = [name for name, tensor in named if tensor is graph.tensors[index]]
        if not found:
            raise NotComparable(f"the signature leaves out `{graph.tensors[index].name}`")
        names.append(found[0])
    return tuple(names)


def _calls(
    signature: Signature,
    names: Sequence[str],
    tensors: Mapping[str, Tensor],
    arrays: Mapping[str, np.ndarray],
) -> tuple[tuple[np.ndarray, ...], ...]:
    columns = []
    for name in names:
        key = f"{signature.name}/{name}"
        if key not in arrays:
            raise NotComparable(f"LiteRT was not run on `{signature.name}`")
        calls = arrays[key]
        if calls.shape[1:] != tensors[name].shape:
            raise NotComparable(
                f"LiteRT gave `{name}` the shape {list(calls.shape[1:])}, and TFLite Micro cannot "
                f"change its {list(tensors[name].shape)}"
            )
        columns.append(calls)
    return tuple(zip(*columns))


def step_of(graph: Subgraph, tensor: Tensor) -> float | None:
    """What one step of an output is worth in the numbers that it stores, if they have any.

    A float output that was dequantized at the very end has the steps of what it was before.
    """
    if not tensor.dtype.startswith("float"):
        return 1.0 if tensor.quantization is not None else None
    for op in graph.ops:
        if op.code.name == "DEQUANTIZE" and graph.tensors[op.outputs[0]] is tensor:
            quantization = graph.tensors[op.inputs[0]].quantization
            if quantization is not None and len(quantization.scales) == 1:
                return quantization.scales[0]
    return None


def compare(
    golden: GoldenVectors, actual: Sequence[Sequence[np.ndarray]]
) -> tuple[OutputDifference, ...]:
    """The differences of each output over all calls."""
    compared = []
    for position, name in enumerate(golden.names):
        tensor = dict(golden.signature.outputs)[name]
        expected = np.stack([call[position] for call in golden.outputs])
        got = np.stack([call[position] for call in actual]).reshape(expected.shape)
        step = golden.steps[position]
        compared.append(_differ(name, tensor.dtype, step, expected=expected, actual=got))
    return tuple(compared)


def _differ(
    name: str, dtype: str, step: float | None, *, expected: np.ndarray, actual: np.ndarray
) -> OutputDifference:
    same = (expected == actual) | ((expected != expected) & (actual != actual))
    wide = np.longdouble if expected.dtype.kind in "iu" else np.float64
    with np.errstate(invalid="ignore"):
        distances = np.abs(expected.astype(wide) - actual.astype(wide))
    distances[same] = 0
    # NaN on only one side counts as the largest difference.
    distances[np.isnan(distances)] = np.inf
    largest = float(np.max(distances, initial=0))
    if step is not None:
        unit, size = STEPS, step
    elif expected.dtype.kind == "f":
        finite = np.abs(expected[np.isfinite(expected)])
        unit, size = RELATIVE, float(np.max(finite, initial=0)) or 1.0
    else:
        unit, size = VALUES, 1.0
    # A dequantized number is a whole number of steps, but for its rounding.
    difference = round(largest / size, 2) if unit == STEPS else largest / size
    return OutputDifference(
        name=name,
        dtype=dtype,
        unit=unit,
        step=step,
        largest_difference=(
            float(f"{difference:.{_DIGITS}g}") if np.isfinite(difference) else None
        ),
        elements=int(expected.size),
        differing_elements=int(np.count_nonzero(~same)),
        exact=bool(same.all()),
    )
