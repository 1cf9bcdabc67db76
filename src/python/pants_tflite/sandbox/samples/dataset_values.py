# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a dataset function may yield, and how it becomes arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

import numpy as np


class SampleError(Exception):
    """Something that a dataset function must not yield; `fix` says what to yield instead."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


@dataclass(frozen=True)
class Sample:
    """One sample: `inputs` by name, or by position as a decimal string, and its label if any."""

    inputs: Mapping[str, np.ndarray]
    label: np.ndarray | None

    def parts(self) -> dict[str, np.ndarray]:
        """The inputs and the label under the words that errors use for them."""
        parts = {f"input {name}": array for name, array in self.inputs.items()}
        return parts if self.label is None else {**parts, "label": self.label}

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.parts().values())


def to_array(value: Any, what: str) -> np.ndarray:
    """`value` as an array of finite numbers, booleans, or text in UTF-8; float64 becomes float32.

    Raises SampleError, which calls the value `what`, for anything else.
    """
    fix = "Yield arrays of numbers or of text, each of one shape."
    try:
        array = np.asarray(value)
    except Exception as error:
        raise SampleError(f"{what} is not an array of numbers: {error}", fix) from error
    text = _to_text(array)
    if text is not None:
        return text
    if array.dtype.kind not in "biuf":
        kind = "object" if array.dtype.hasobject else array.dtype.name
        described = f"of type `{type(value).__name__}`, an array of {kind}"
        raise SampleError(f"{what} is {described}, not of numbers", fix)
    if array.dtype.kind == "f" and array.dtype.itemsize > 4:
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        worst = "NaN" if np.isnan(array).any() else "a number beyond the range of its type"
        raise SampleError(
            f"{what} holds {worst}",
            "Drop or fix such samples: they would spoil calibration and every comparison.",
        )
    return array


def _to_text(array: np.ndarray) -> np.ndarray | None:
    """Strings or bytes as bytes; None for an array of anything else."""
    values = array.reshape(-1).tolist() if array.dtype.kind in "OSU" else [None]
    if not all(isinstance(value, (str, bytes)) for value in values) or not values:
        return None
    encoded = [value.encode() if isinstance(value, str) else value for value in values]
    return np.array(encoded, np.bytes_).reshape(array.shape)


def _positional(items: list[Any] | tuple[Any, ...], what: str) -> dict[str, np.ndarray]:
    for item in items:
        if isinstance(item, (bool, int, float, list, tuple)):
            raise SampleError(
                f"{what} is a list that holds a plain `{type(item).__name__}`. A list is one array "
                "for each input of the model",
                "For one input yield `numpy.array(…)`; for a sample and its label yield the tuple "
                "`(sample, label)`, not a list; for several inputs yield a list of arrays.",
            )
    return {
        str(position): to_array(item, f"input {position} of {what}")
        for position, item in enumerate(items)
    }


def _named(items: Mapping[Any, Any], what: str) -> dict[str, np.ndarray]:
    for name in items:
        if not isinstance(name, str) or not name:
            raise SampleError(
                f"{what} is a dict with the key {name!r}", "Name each input with a string."
            )
    return {name: to_array(item, f"input {name} of {what}") for name, item in items.items()}


def _inputs(value: Any, what: str) -> dict[str, np.ndarray]:
    if isinstance(value, Mapping):
        inputs = _named(value, what)
    elif isinstance(value, (list, tuple)):
        inputs = _positional(value, what)
    else:
        inputs = {"0": to_array(value, what)}
    if not inputs:
        raise SampleError(f"{what} is an empty {type(value).__name__}", "Yield at least one array.")
    return inputs


def parse_sample(item: Any, index: int) -> Sample:
    """What a dataset function yielded as its sample number `index`.

    A tuple of two is a (sample, label) pair. A sample is an array, a list of arrays or a dict of
    arrays; inside a pair a tuple serves as a list, because `tf.data` cannot yield lists. Raises
    SampleError for everything else.
    """
    what = f"sample {index}"
    if not isinstance(item, tuple):
        return Sample(_inputs(item, what), None)
    if len(item) != 2:
        raise SampleError(
            f"{what} is a tuple of {len(item)}; only a (sample, label) pair is a tuple",
            "For several inputs yield a list of arrays, or a dict of arrays by name; with a label, "
            "`([first, second], label)`.",
        )
    value, label = item
    return Sample(_inputs(value, what), to_array(label, f"the label of {what}"))


def check_alike(first: Sample, other: Sample, index: int) -> None:
    """Raises SampleError if sample `index`, `other`, cannot be stacked with sample 0."""
    if (first.label is None) != (other.label is None):
        with_label, without = (0, index) if other.label is None else (index, 0)
        raise SampleError(
            f"sample {with_label} has a label, sample {without} has none",
            "Yield (sample, label) tuples throughout, or only samples throughout.",
        )
    expected, found = first.parts(), other.parts()
    if set(expected) != set(found):
        raise SampleError(
            f"sample {index} has {', '.join(sorted(found))}, but sample 0 has "
            f"{', '.join(sorted(expected))}",
            "Yield the same inputs with every sample.",
        )
    for part in sorted(expected):
        if found[part].shape != expected[part].shape:
            raise SampleError(
                f"sample {index} has the shape {found[part].shape} in its {part}, but sample 0 has "
                f"{expected[part].shape}",
                "Resize, crop or pad the samples to one shape.",
            )
        if _kind(found[part]) != _kind(expected[part]):
            raise SampleError(
                f"sample {index} has the type {found[part].dtype} in its {part}, but sample 0 has "
                f"{expected[part].dtype}",
                "Convert with `.astype(…)` so that all samples have one type.",
            )


def _kind(array: np.ndarray) -> str:
    """The type, whatever the longest text is."""
    return "text" if array.dtype.kind == "S" else array.dtype.name
