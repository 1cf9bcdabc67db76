# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""How samples become what a model is called with, and what it returns becomes a row per sample.

A sample has no batch dimension; most models have one. One set of rules serves every program that
calls a model, so that TensorFlow, the converter's calibration and LiteRT see the same arrays:

- An input with one dimension more than the sample takes a batch: of one sample where its first
  dimension is unknown, or of as many as that dimension says, where the last sample is repeated to
  fill the last batch.
- An input of just the sample's shape takes the sample whole. An unknown first dimension is the
  batch, except that of an input with no other: its length may vary (a waveform, say).
- Every other unknown dimension fits any.
- If samples are sequences, their first dimension is the calls, and each call takes the rest. A model
  that keeps a state starts every sample from the state that it was loaded with.
- Floats are cast to the input's float type, integers to its integer type where no value changes;
  every other difference of type is the user's to settle.

    batching = fit(samples, shapes, field="verify_dataset")
    samples = cast(samples, dtypes, field="verify_dataset")
    outputs = batching.collect((call(feed) for feed in batching.feeds(samples)), count)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Iterator, Mapping, Optional, Sequence, Tuple

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake

Shape = Tuple[Optional[int], ...]


@dataclass(frozen=True)
class Batching:
    """Calls take `size` samples at a time; the inputs in `whole` take one without a batch dimension.

    A sample that is a sequence is `calls` calls.
    """

    size: int
    whole: tuple[str, ...]
    batched: tuple[str, ...]
    calls: Optional[int] = None

    def feeds(self, samples: Mapping[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
        """What each call takes, by input name, for `samples` of shape (N, …), N equal for all."""
        for run in self.runs(samples):
            yield from run

    def runs(self, samples: Mapping[str, np.ndarray]) -> Iterator[list[dict[str, np.ndarray]]]:
        """The same, divided into what is called in turn from a fresh state.

        A model without inputs is called once.
        """
        if not samples:
            yield [{}]
        elif self.calls is None:
            yield from ([feed] for feed in self._feeds(samples))
        else:
            for sample in range(len(next(iter(samples.values())))):
                yield list(self._feeds({name: array[sample] for name, array in samples.items()}))

    def _feeds(self, samples: Mapping[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
        count = len(next(iter(samples.values())))
        for start in range(0, count, self.size):
            rows = np.minimum(np.arange(start, start + self.size), count - 1)
            yield {
                name: array[start] if name in self.whole else array[rows]
                for name, array in samples.items()
            }

    def rows(self, output: np.ndarray) -> np.ndarray:
        """One call's output as an array of shape (size, …).

        The first dimension is the batch where the inputs have a batch and it is as long;
        else the whole output belongs to the call's one sample.
        """
        if self.batched and output.ndim and output.shape[0] == self.size:
            return output
        if self.size == 1:
            return output[np.newaxis]
        raise Mistake(
            f"an output of shape {output.shape} cannot be divided among the {self.size} samples "
            "of a batch",
            field=None,
            fix="Give the model an unknown batch dimension, or one of 1.",
        )

    def collect(
        self, results: Iterable[Mapping[str, np.ndarray]], count: int
    ) -> dict[str, np.ndarray]:
        """The outputs of the calls that `feeds` asked for, as arrays of shape (count, …) by name, or
        of shape (count, calls, …) if the samples are sequences.

        Raises Mistake where an output's shape varies from sample to sample.
        """
        collected: dict[str, list[np.ndarray]] = {}
        for result in results:
            for name, output in result.items():
                collected.setdefault(name, []).append(self.rows(np.asarray(output)))
        for name, rows in collected.items():
            shapes = sorted({array.shape[1:] for array in rows})
            if len(shapes) > 1:
                raise Mistake(
                    f"the output `{name}` has the shape {shapes[0]} for one sample and {shapes[1]} "
                    "for another",
                    field=None,
                    fix="Pad the output to a fixed shape inside the model.",
                )
        joined = {name: np.concatenate(rows) for name, rows in collected.items()}
        if self.calls is None:
            return {name: array[:count] for name, array in joined.items()}
        return {
            name: array.reshape(count, self.calls, *array.shape[1:])
            for name, array in joined.items()
        }


def fit(
    samples: Mapping[str, np.ndarray],
    shapes: Mapping[str, Sequence[int | None] | None],
    *,
    field: str | None,
    sequence: bool = False,
) -> Batching:
    """How `samples`, arrays of shape (N, …), fit a model's inputs, both by input name.

    In `shapes` an unknown dimension is None or negative, and an unknown rank None. In a `sequence`
    the samples have the shape (N, calls, …). Raises Mistake, blaming `field`, where they do not fit.
    """
    calls = None
    if sequence:
        calls = _count_calls(samples, field)
        samples = {name: array[:, 0] for name, array in samples.items()}
    whole, batched, fixed = [], [], {}
    normal = {name: _normal(name, shapes[name], field) for name in sorted(shapes)}
    for name, shape in normal.items():
        sample = samples[name].shape[1:]
        if len(shape) == len(sample) + 1 and _compatible(sample, shape[1:]):
            batched.append(name)
            if shape[0] is not None:
                fixed[name] = shape[0]
        elif _compatible(sample, shape) and (not shape or shape[0] is not None or len(shape) == 1):
            whole.append(name)
        else:
            raise _misfit(name=name, sample=sample, shape=shape, field=field)
    size = max(fixed.values(), default=1)
    if set(fixed.values()) - {size} or (whole and size > 1):
        raise Mistake(
            f"the model's inputs take batches of different sizes: "
            f"{', '.join(f'{name} {_text(shape)}' for name, shape in normal.items())}",
            field=field,
            fix="Export the model with an unknown batch dimension, or one of 1, for every input.",
        )
    if calls is not None and size > 1:
        raise Mistake(
            f"the model takes batches of {size} samples, but the samples are sequences of calls",
            field=field,
            fix="Export the model with an unknown batch dimension, or one of 1, for every input.",
        )
    return Batching(size, tuple(whole), tuple(batched), calls)


def _count_calls(samples: Mapping[str, np.ndarray], field: str | None) -> int:
    counts = {name: array.shape[1] if array.ndim > 1 else 0 for name, array in samples.items()}
    if len(set(counts.values())) > 1 or not all(counts.values()):
        raise Mistake(
            "the samples are sequences, but their inputs differ in the number of calls, which is the "
            f"first dimension: {', '.join(f'{n}: {count}' for n, count in sorted(counts.items()))}",
            field=field,
            fix="Yield arrays of shape (calls, …) with as many calls for every input.",
        )
    return next(iter(counts.values()), 1)


def cast(
    samples: Mapping[str, np.ndarray], dtypes: Mapping[str, np.dtype], *, field: str | None
) -> dict[str, np.ndarray]:
    """`samples` in the types that a model's inputs have, both by input name.

    Raises Mistake, blaming `field`, for a cast between kinds or one that changes an integer.
    """
    return {
        name: _cast(array=samples[name], dtype=np.dtype(dtypes[name]), name=name, field=field)
        for name in sorted(dtypes)
    }


def _cast(array: np.ndarray, dtype: np.dtype, name: str, field: str | None) -> np.ndarray:
    if array.dtype == dtype:
        return array
    if dtype.kind == "O" and array.dtype.kind in "SU":
        encoded = np.char.encode(array, "utf-8") if array.dtype.kind == "U" else array
        return encoded.astype(object)
    if array.dtype.kind == dtype.kind and dtype.kind in "fc":
        return array.astype(dtype)
    if array.dtype.kind in "iu" and dtype.kind in "iu":
        result = array.astype(dtype)
        if np.array_equal(result, array):
            return result
    given, wanted = ("text" if it.kind in "SUO" else str(it) for it in (array.dtype, dtype))
    raise Mistake(
        f"the samples for the input `{name}` are {given}, but the model takes {wanted}",
        field=field,
        value=given,
        fix=(
            "Yield strings from the dataset function."
            if wanted == "text"
            else f'Yield `array.astype("{wanted}")` from the dataset function.'
        ),
    )


def _normal(name: str, shape: Sequence[int | None] | None, field: str | None) -> Shape:
    if shape is None:
        raise Mistake(
            f"the model's input `{name}` has an unknown number of dimensions",
            field=field,
            fix="Give the input a shape in the model's `input_signature`.",
        )
    return tuple(None if size is None or size < 0 else int(size) for size in shape)


def _text(shape: Shape) -> str:
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def _compatible(sample: tuple[int, ...], shape: Shape) -> bool:
    return len(sample) == len(shape) and all(
        wanted is None or size == wanted for size, wanted in zip(sample, shape)
    )


def _misfit(name: str, sample: tuple[int, ...], shape: Shape, field: str | None) -> Mistake:
    wanted = shape[1:] if shape and shape[0] in (None, 1) else shape
    hint = ""
    if len(sample) == len(shape) and shape and shape[0] is None:
        hint = " A sample has no batch dimension."
    return Mistake(
        f"the samples for the input `{name}` have the shape {_text(sample)}, but the model takes "
        f"{_text(shape)}",
        field=field,
        value=_text(sample),
        fix=f"Yield arrays of shape {_text(wanted)} from the dataset function.{hint}",
    )
