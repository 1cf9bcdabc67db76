# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Made-up samples for a model without a dataset: they exercise it, and are the same every time."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import Iterator, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake

# Of all samples for an input: a damaged file may claim more than any machine has. Drawn are 8 bytes each.
_MOST_ELEMENTS = 1 << 28
# How errors call them.
MADE_UP_SAMPLES = "samples, which were made up at random because no dataset has any for it"


def made_up_fix(field: str, signature: str) -> str:
    """What to do where a model does not take made-up samples."""
    return (
        f"Name a `tflite_dataset` with real samples in `{field}`: its function yields a dict with an "
        "array for each input. A signature that none can be had for is left out by "
        f'`skip_verification=["{signature}"]`.'
    )


@contextmanager
def naming_signature(signature: str) -> Iterator[None]:
    """Says in what is wrong with making samples up which signature needs them."""
    try:
        yield
    except Mistake as error:
        raise Mistake(
            f"{error.message} (signature `{signature}`)",
            field=error.field,
            fix=made_up_fix(str(error.field), signature),
        ) from error


def seeded_samples(
    shapes: Mapping[str, Sequence[int | None] | None],
    dtypes: Mapping[str, np.dtype],
    *,
    count: int,
    seed: int,
    field: str,
) -> dict[str, np.ndarray]:
    """`count` samples for a model's inputs, by name, as arrays of shape (count, …).

    A first dimension that is unknown (None or negative) or 1 is the batch. Floats are uniform in
    [-1, 1), integers 0 or 1, so that they are valid indices. Raises Mistake, asking for a dataset
    in `field`, where another dimension is unknown, the type is none of these, or they were too large.
    """
    generator = np.random.default_rng(seed)
    return {
        name: _draw(
            generator=generator,
            name=name,
            shape=(count, *_sample_shape(name, shapes[name], field)),
            dtype=dtype,
            field=field,
        )
        for name, dtype in sorted((name, np.dtype(dtype)) for name, dtype in dtypes.items())
    }


def _sample_shape(name: str, shape: Sequence[int | None] | None, field: str) -> tuple[int, ...]:
    if shape is None:
        raise _needs_dataset(f"the input `{name}` has an unknown number of dimensions", field)
    sizes = [-1 if size is None else int(size) for size in shape]
    sizes = sizes[1:] if sizes and sizes[0] in (-1, 1) else sizes
    if any(size < 0 for size in sizes):
        raise _needs_dataset(
            f"the input `{name}` has unknown dimensions besides the batch: "
            f"{['?' if size < 0 else size for size in sizes]}",
            field,
        )
    return tuple(sizes)


def _draw(
    generator: np.random.Generator, name: str, shape: tuple[int, ...], dtype: np.dtype, field: str
) -> np.ndarray:
    if math.prod(shape) > _MOST_ELEMENTS:
        raise _needs_dataset(
            f"the input `{name}` of the shape {list(shape[1:])} is too large to make up {shape[0]} samples",
            field,
        )
    if dtype.kind == "f":
        return generator.uniform(-1.0, 1.0, shape).astype(dtype)
    if dtype.kind in "iub":
        return generator.integers(0, 2, shape).astype(dtype)
    kind = "text" if dtype.kind == "O" else str(dtype)
    raise _needs_dataset(f"no samples can be made up for the input `{name}` of type {kind}", field)


def _needs_dataset(message: str, field: str) -> Mistake:
    return Mistake(
        message, field=field, fix=f"Name a `tflite_dataset` with real samples in `{field}`."
    )
