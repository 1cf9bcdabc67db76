# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The samples that `predict` calls a model with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

import numpy as np

from pants_tflite.sandbox.prediction.tensor_values import BadInput, stored_samples
from pants_tflite.sandbox.prediction.user_input import GivenInputs
from pants_tflite.sandbox.samples.batching import Batching, fit
from pants_tflite.sandbox.tflite.flatbuffer_model import Signature


@dataclass(frozen=True)
class Samples:
    """The samples for one signature, by input name, as its tensors store them: shape (N, …)."""

    signature: Signature
    stored: Mapping[str, np.ndarray]
    labels: np.ndarray | None
    batching: Batching

    @classmethod
    def create(cls, signature: Signature, given: GivenInputs, max_samples: int) -> Samples:
        """At most `max_samples` of what was given. Raises BadInput where it does not fit."""
        stored = {
            name: stored_samples(given.values[name], name, tensor)[:max_samples]
            for name, tensor in signature.inputs
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
            batching=fit(stored, shapes, field=None),
        )

    def __len__(self) -> int:
        return len(next(iter(self.stored.values()), ()))

    def title(self, call: int) -> str:
        """Which samples a call is about, with the label of a single one."""
        size = self.batching.size
        if size > 1:
            return f"samples {call * size} to {min((call + 1) * size, len(self)) - 1}"
        label = "" if self.labels is None else f" (label {self.labels[call].tolist()})"
        return f"sample {call}{label}"
