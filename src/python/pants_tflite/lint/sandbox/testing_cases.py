# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a replacement is tried with: both forms, and what the app does around the suggested one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import tensorflow as tf

from pants_tflite.lint.sandbox.testing_models import Arrays, specs_of


@dataclass(frozen=True)
class Case:
    """`refused` and what is suggested in its place compute the same of `inputs`: `suggested` in a model,
    of what the app makes of the inputs `before`, and of whose outputs it makes something `after`.
    """

    entry: str
    refused: Callable[..., Any]
    suggested: Callable[..., Any]
    inputs: Arrays
    before: Callable[..., Arrays] = lambda *arrays: arrays
    after: Callable[..., Any] = lambda *arrays: arrays
    tolerance: float = 1e-5
    # What 255 steps between an output's extremes leave; None if the entry says another form for integers.
    integer_tolerance: float | None = 0.05
    # Whether the refused form is for any batch, and whether the suggested one is.
    open_batch: tuple[bool, bool] = (False, False)

    def refused_specs(self) -> list[tf.TensorSpec]:
        return specs_of(self.inputs, open_batch=self.open_batch[0])

    def suggested_specs(self) -> list[tf.TensorSpec]:
        return specs_of(self.before(*self.inputs), open_batch=self.open_batch[1])

    def samples(self) -> list[Arrays]:
        """For calibration: the inputs, and smaller ones."""
        return [[array * factor for array in self.inputs] for factor in (1, 0.5, 0.1, -0.3)]
