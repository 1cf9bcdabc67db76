# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Checks that a SavedModel computes what the model in memory does, before anything uses it."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.harness import UserError
from pants_tflite.sandbox.samples.batching import fit
from pants_tflite.sandbox.samples.seeded_samples import seeded_samples
from pants_tflite.sandbox.saved_models.canonical_saved_model import Exportable
from pants_tflite.sandbox.saved_models.loading import call_signature, input_infos

_RELATIVE_TOLERANCE = 1e-5
_ABSOLUTE_TOLERANCE = 1e-6


def check_saved(exportable: Exportable, loaded: Any, *, seed: int) -> tuple[str, ...]:
    """Calls each signature of both on one seeded sample; returns the names of those compared.

    Skips signatures that no sample can be made up for, that fail on a made-up one, or that give
    two answers to one input. Raises UserError if the answers differ.
    """
    compared = []
    for name in sorted(exportable.signatures):
        original, saved = exportable.signatures[name], loaded.signatures[name]
        feed = _seeded_feed(saved, seed)
        expected = None if feed is None else _try_call(original, feed)
        if feed is None or expected is None:
            continue
        if not _equal(expected, call_signature(saved, feed)):
            again = _try_call(original, feed)
            if again is None or not _equal(expected, again):
                continue
            raise UserError(
                f"the SavedModel's signature `{name}` gives other outputs than the model",
                field="entry_point",
                fix="Keep every variable that the model uses as an attribute of it.",
            )
        compared.append(name)
    return tuple(compared)


def _seeded_feed(signature: Any, seed: int) -> dict[str, np.ndarray] | None:
    import tensorflow as tf

    infos = input_infos(signature)
    if any(info.shape is None for info in infos):
        return None
    shapes = {info.name: info.shape for info in infos if info.shape is not None}
    dtypes = {info.name: tf.as_dtype(info.dtype).as_numpy_dtype for info in infos}
    try:
        samples = seeded_samples(shapes, dtypes, count=1, seed=seed, field="entry_point")
        return next(fit(samples, shapes, field="entry_point").feeds(samples), {})
    except UserError:
        return None


def _try_call(function: Any, feed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray] | None:
    """The outputs of a traced function as a SavedModel's signature names them, or None."""
    import tensorflow as tf

    specs = tf.nest.flatten(function.structured_input_signature)
    names = [getattr(spec, "name", None) for spec in specs]
    if sorted(map(str, names)) != sorted(feed):
        return None
    values = [tf.constant(feed[str(name)]) for name in names]
    args, kwargs = tf.nest.pack_sequence_as(function.structured_input_signature, values)
    try:
        outputs = _by_name(function(*args, **kwargs))
        return {name: output.numpy() for name, output in outputs.items()}
    except Exception:
        return None


def _by_name(outputs: Any) -> Mapping[str, Any]:
    if isinstance(outputs, Mapping):
        return outputs
    if hasattr(outputs, "_asdict"):
        return outputs._asdict()
    outputs = outputs if isinstance(outputs, Sequence) else [outputs]
    return {f"output_{index}": output for index, output in enumerate(outputs)}


def _equal(first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]) -> bool:
    return set(first) == set(second) and all(
        (
            np.array_equal(first[name], second[name])
            if first[name].dtype.kind not in "fc"
            else np.allclose(
                first[name], second[name], _RELATIVE_TOLERANCE, _ABSOLUTE_TOLERANCE, equal_nan=True
            )
        )
        for name in first
    )
