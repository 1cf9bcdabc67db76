# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Turns the arrays that a user gives into samples as a model's input tensors store them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

import numpy as np

from pants_tflite.sandbox.tflite.flatbuffer_model import Tensor
from pants_tflite.sandbox.tflite.quantized_values import quantize, real_range


class BadInput(Exception):
    """A value on the command line that the model cannot take; the text says why."""


@dataclass(frozen=True)
class Given:
    """An array as the user gave it; `stored` says that a quantized input takes it as it is."""

    array: np.ndarray
    stored: bool

    @classmethod
    def from_file(cls, array: np.ndarray, tensor: Tensor) -> Given:
        """An array from a NumPy file: one of a quantized input's own type is taken as it is."""
        return cls(array, tensor.quantization is not None and array.dtype.name == tensor.dtype)


def shape_text(shape: Sequence[int | None]) -> str:
    """`shape` with a question mark for an unknown dimension."""
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def stored_samples(given: Given, name: str, tensor: Tensor) -> np.ndarray:
    """What was given for the input `name` as samples of shape (N, …) of the tensor's own type.

    Adds a batch dimension where it is missing. Raises BadInput if shape or type do not fit.
    """
    samples = _as_samples(given.array, name, tensor)
    if given.stored:
        return samples
    if tensor.quantization is not None:
        if samples.dtype.kind not in "biuf" or not np.isfinite(samples).all():
            raise _misfit(
                name=name, tensor=tensor, got=_type_text(samples), advice="give finite numbers"
            )
        return quantize(samples, tensor)
    return _cast(samples, name, tensor)


def saturation_note(given: Given, name: str, tensor: Tensor) -> str | None:
    """A sentence on values beyond what a quantized input can store, if there are any."""
    if given.stored or tensor.quantization is None or not given.array.size:
        return None
    low, high = real_range(tensor)
    step = max(tensor.quantization.scales)
    beyond = np.mean((given.array < low - step) | (given.array > high + step))
    if not beyond:
        return None
    return (
        f"{beyond:.0%} of the values for `{name}` are beyond [{low:g}, {high:g}], all that it can "
        "store: scale them as in training"
    )


def _as_samples(array: np.ndarray, name: str, tensor: Tensor) -> np.ndarray:
    shape = tensor.shape_signature
    has_batch = len(shape) > 0 and (shape[0] == 1 or (shape[0] is None and len(shape) > 1))
    if _fits(array.shape, shape) and not has_batch:
        return array[np.newaxis]
    if _fits(array.shape[1:], shape[1:]) and array.ndim == len(shape):
        # As many samples as there are; a fixed batch is filled up with the last one.
        return array
    if _fits(array.shape, shape[1:]) and array.ndim < len(shape):
        return array[np.newaxis]
    if array.ndim and _fits(array.shape[1:], shape):
        # One after another, as in golden_input.npz.
        return array.reshape(-1, *array.shape[2:]) if has_batch else array
    sample = shape[1:] if has_batch else shape
    advice = f"give {shape_text(sample)} for one sample, {shape_text((None, *sample))} for several"
    raise _misfit(name=name, tensor=tensor, got=shape_text(array.shape), advice=advice)


def _fits(sizes: tuple[int, ...], shape: tuple[int | None, ...]) -> bool:
    return len(sizes) == len(shape) and all(
        wanted in (None, size) for size, wanted in zip(sizes, shape)
    )


def _cast(samples: np.ndarray, name: str, tensor: Tensor) -> np.ndarray:
    if tensor.dtype == "string":
        if samples.dtype.kind == "U":
            try:
                return np.char.encode(samples, "utf-8")
            except UnicodeEncodeError as error:
                raise _misfit(
                    name=name, tensor=tensor, got=f"half a character ({error})", advice="give text"
                ) from error
        if samples.dtype.kind == "S":
            return samples
        raise _misfit(
            name=name, tensor=tensor, got=_type_text(samples), advice="give text in quotes"
        )
    if samples.dtype.kind not in "biuf":
        raise _misfit(name=name, tensor=tensor, got=_type_text(samples), advice="give numbers")
    dtype = np.dtype(tensor.dtype)
    with np.errstate(invalid="ignore"):
        result = samples.astype(dtype)
    if dtype.kind != "f" and not np.array_equal(result, samples):
        raise _misfit(
            name=name,
            tensor=tensor,
            got=_type_text(samples),
            advice=f"give values that {dtype.name} can hold",
        )
    return result


def _type_text(samples: np.ndarray) -> str:
    if samples.dtype.kind == "f" and not np.isfinite(samples).all():
        return "NaN or infinity"
    return "text" if samples.dtype.kind in "SU" else samples.dtype.name


def _misfit(name: str, tensor: Tensor, got: str, advice: str) -> BadInput:
    shape = shape_text(tensor.shape_signature)
    return BadInput(
        f"the input `{name}` takes the shape {shape} of {tensor.dtype}; got {got}: {advice}"
    )
