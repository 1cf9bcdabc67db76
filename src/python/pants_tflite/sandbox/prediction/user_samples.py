# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The samples that `predict` calls a model with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Mapping

import numpy as np

from pants_tflite.sandbox.prediction.tensor_values import BadInput, stored_samples
from pants_tflite.sandbox.prediction.user_input import GivenInputs
from pants_tflite.sandbox.samples.batching import Batching, fit
from pants_tflite.sandbox.tflite.flatbuffer_model import Signature, Tensor


@dataclass(frozen=True)
class Samples:
    """The samples for one signature, by input name, as its tensors store them: shape (N, …)."""

    signature: Signature
    stored: Mapping[str, np.ndarray]
    labels: np.ndarray | None
    batching: Batching

    @classmethod
    def create(cls, signature: Signature, given: GivenInputs, max_samples: int) -> Samples:
        """At most `max_samples` of what was given. Raises BadInput if it does not fit."""
        stored = {
            name: _stored(given, name, tensor, max_samples) for name, tensor in signature.inputs
        }
        counts = {name: len(array) for name, array in stored.items()}
        if len(set(counts.values())) > 1:
            text = ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()))
            raise BadInput(f"the inputs have different numbers of samples: {text}")
        shapes = {name: tensor.shape_signature for name, tensor in signature.inputs}
        labels = None if given.labels is None else given.labels[:max_samples]
        return cls(
            signature=signature,
            stored=stored,
            labels=labels,
            batching=fit(stored, shapes, field=None, sequence=given.sequence),
        )

    def __len__(self) -> int:
        return len(next(iter(self.stored.values()), (None,)))

    @property
    def has_titles(self) -> bool:
        """Whether there is more than one call, or something to say about it."""
        return len(self) > 1 or self.labels is not None or self.batching.calls is not None

    def title(self, call: int) -> str:
        """A heading that names the samples of a call, with the label if there is only one."""
        size, calls = self.batching.size, self.batching.calls
        if calls is not None:
            return f"sample {call // calls}, call {call % calls}"
        if size > 1:
            return f"samples {call * size} to {min((call + 1) * size, len(self)) - 1}"
        label = "" if self.labels is None else f" (label {self.labels[call].tolist()})"
        return f"sample {call}{label}"


def _stored(given: GivenInputs, name: str, tensor: Tensor, max_samples: int) -> np.ndarray:
    value = given.values[name]
    if not given.sequence:
        return stored_samples(value, name, tensor)[:max_samples]
    sequences = value.array[:max_samples]
    if sequences.ndim < 2:
        raise BadInput(f"the input `{name}` has no sequences of calls")
    calls = [stored_samples(replace(value, array=sequence), name, tensor) for sequence in sequences]
    return np.stack(calls)
