# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Compares a Keras model's traced call with the model's own `predict`, which is the truth.

The samples are made up, since training must not depend on real ones, and come in batches of one and
of several: a layer in training mode shows in what it does to a batch.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.assigned_variables import assigned_variables

SEVERAL = 3
# Of the greatest value in an output. Both run the same kernels: more is another computation.
_TOLERANCE = 1e-4
_HALF_TOLERANCE = 1e-2
_HALF_TYPES = ("float16", "bfloat16")
# Tried in this order for a dimension that may be of any size, until `predict` takes the samples.
_SIZES = (16, 64, 256, 5, 1)
# By which the samples of a batch are multiplied: a model may expect pixels up to 1 or up to 255.
_SCALES = (1.0, 16.0, 255.0)


@dataclass(frozen=True)
class _Call:
    """The model's `predict` and its traced call, from the same state each time."""

    model: Any
    function: Any
    states: Sequence[tuple[Any, np.ndarray]]

    @classmethod
    def of(cls, model: Any, function: Any) -> _Call:
        states = [(variable, variable.numpy()) for variable in assigned_variables(function)]
        return cls(model, function, states)

    def predict(self, feed: Any) -> list[np.ndarray] | None:
        """What `predict` gives for one batch, or None if it does not take it."""
        try:
            return _arrays(self.model.predict_on_batch(feed))
        except Exception:
            return None
        finally:
            self._reset()

    def traced(self, feed: Any) -> list[np.ndarray]:
        try:
            return _arrays(self.function(feed))
        finally:
            self._reset()

    def _reset(self) -> None:
        for variable, value in self.states:
            variable.assign(value)


def check_predict(model: Any, function: Any, *, seed: int) -> tuple[int, ...]:
    """The sizes of the batches for which `function`, the model's traced call, equals `predict`.

    There are none if `predict` takes no samples that can be made up, or answers the same question
    in two ways. Raises Mistake if the two differ.
    """
    import tensorflow as tf

    (structure,), _ = function.structured_input_signature
    specs = tf.nest.flatten(structure)
    call = _Call.of(model, function)
    compared = []
    for batch in _batches(specs):
        for flat in _feeds(specs, batch, seed):
            feed = tf.nest.pack_sequence_as(structure, flat)
            expected = call.predict(feed)
            if expected is None:
                continue
            if _compare(call, feed, expected, batch):
                compared.append(batch)
            break
    if not compared:
        print(f"`{model.name}` was not compared with its `predict`.", file=sys.stderr, flush=True)
    return tuple(compared)


def _compare(call: _Call, feed: Any, expected: list[np.ndarray], batch: int) -> bool:
    """Whether the traced call repeats `expected`; False if `predict` itself does not."""
    try:
        actual = call.traced(feed)
    except Exception as error:
        raise _mistake(call.model, batch, f"the exported model fails: {error}") from error
    tolerance = _tolerance(call.model)
    problem = _difference(expected, actual, tolerance)
    if problem is None:
        return True
    again = call.predict(feed)
    if again is None or _difference(expected, again, tolerance):
        return False
    raise _mistake(call.model, batch, problem)


def _batches(specs: Sequence[Any]) -> tuple[int, ...]:
    """One and several, or the batch that the model is fixed to."""
    fixed = [spec.shape[0] for spec in specs if spec.shape.rank and spec.shape[0] is not None]
    return (int(fixed[0]),) if fixed else (1, SEVERAL)


def _feeds(specs: Sequence[Any], batch: int, seed: int) -> Iterator[list[Any]]:
    """A batch of made-up samples for each input, with each size that an unknown dimension may have."""
    import tensorflow as tf

    if any(spec.shape.rank is None for spec in specs):
        return
    is_fixed = all(None not in spec.shape.as_list()[1:] for spec in specs)
    for size in _SIZES[:1] if is_fixed else _SIZES:
        generator = np.random.default_rng(seed)
        feed = []
        for spec in specs:
            shape = [batch if index == 0 else size for index in range(spec.shape.rank)]
            known = spec.shape.as_list()
            shape = [made if found is None else found for made, found in zip(shape, known)]
            feed.append(tf.constant(_draw(generator, shape, spec.dtype), spec.dtype))
        yield feed


def _draw(generator: np.random.Generator, shape: Sequence[int], dtype: Any) -> np.ndarray:
    """Floats around zero on several scales, any uint8, other integers 0 or 1: they may be indices."""
    if dtype.is_floating or dtype.is_complex:
        scales = np.resize(_SCALES, shape[0]) if shape else np.float64(1)
        return generator.uniform(-1.0, 1.0, shape) * np.reshape(
            scales, (-1, *(1 for _ in shape[1:])) if shape else ()
        )
    if dtype.name == "string":
        return np.array([b"a", b"b"], object)[generator.integers(0, 2, shape)]
    return generator.integers(0, 256 if dtype.name == "uint8" else 2, shape)


def _tolerance(model: Any) -> float:
    types = {str(getattr(layer, "compute_dtype", "")) for layer in model._flatten_layers()}
    return _HALF_TOLERANCE if types & set(_HALF_TYPES) else _TOLERANCE


def _arrays(outputs: Any) -> list[np.ndarray]:
    import tensorflow as tf

    if isinstance(outputs, Mapping):
        outputs = dict(outputs)
    return [np.asarray(output) for output in tf.nest.flatten(outputs)]


def _difference(
    expected: Sequence[np.ndarray], actual: Sequence[np.ndarray], tolerance: float
) -> str | None:
    """How the outputs differ, in words, or None."""
    if len(expected) != len(actual):
        return f"`predict` has {len(expected)} outputs and the exported model {len(actual)}"
    for index, (first, second) in enumerate(zip(expected, actual)):
        if first.shape != second.shape:
            return f"output {index} has the shape {second.shape}, and in `predict` {first.shape}"
        if first.dtype.kind in "OSUb" or first.size == 0:
            same = np.array_equal(first, second)
        else:
            first, second = (np.asarray(array, np.complex128) for array in (first, second))
            finite = np.abs(first[np.isfinite(first)])
            limit = tolerance * float(finite.max(initial=0.0))
            same = bool(np.isclose(first, second, rtol=0.0, atol=limit, equal_nan=True).all())
        if not same:
            return f"output {index} has other values than in `predict`"
    return None


def _mistake(model: Any, batch: int, problem: str) -> Mistake:
    own_step = " overrides `predict_step`" if _overrides_predict_step(model) else ""
    because = f", which{own_step}" if own_step else ""
    return Mistake(
        f"for a batch of {batch} made-up samples, {problem}; so the export is not what the Keras "
        f"model `{model.name}`{because} computes",
        field="entry_point",
        fix=(
            "See that `call` computes with tensors only, and the same each time. Where it must "
            "differ from `predict`, return a pair `(model, {name: function})` with a function of "
            "your own."
        ),
    )


def _overrides_predict_step(model: Any) -> bool:
    return not type(model).predict_step.__module__.startswith(("keras.", "tf_keras."))
