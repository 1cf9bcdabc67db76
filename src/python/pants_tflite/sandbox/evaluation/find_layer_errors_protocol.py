# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `find_layer_errors` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional

from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class LayerErrorsRequest(Message):
    """`model` is compared with `float_model`, both from one SavedModel: on the `dataset`, or without
    one on seeded random samples. `dataset_field` is blamed if samples do not fit. `kernels` are those
    of custom ops."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.evaluation.find_layer_errors"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("layer_errors.json",)

    model: str
    float_model: str
    dataset: Optional[str]
    dataset_field: str
    kernels: tuple[KernelLibrary, ...]
    max_samples: int
    seed: int


@dataclass(frozen=True)
class LayerError:
    """How far a tensor of a quantized model is from the float model's.

    The `tensor` is made by the op at `index` of its graph, and comes from the `layer`, the scope of
    the model's code, which is empty if the file does not say it. Errors are root mean squares divided
    by the spread of the values of the float model's `float_tensor`, as verification has them: `accumulated` as the model
    runs, `isolated` if only this op is quantized, fed with the float model's values. An op that
    `stands_out` makes errors; the others mostly pass them on. `matched_by` says how the float
    model's tensor was found: by its "name", as the same op on the same "inputs", or by the "order" of
    the ops. `isolated` is None if the op cannot run alone; `note` says why."""

    index: int
    op: str
    tensor: str
    layer: str
    signature: str
    float_tensor: str
    accumulated: float
    isolated: Optional[float]
    matched_by: str
    stands_out: bool
    note: Optional[str] = left_out()


@dataclass(frozen=True)
class UnmatchedTensor:
    """A tensor without one of the float model's to compare with, and the `reason`."""

    index: int
    op: str
    tensor: str
    layer: str
    signature: str
    reason: str


@dataclass(frozen=True)
class LayerErrorReport(Message):
    """`layers` are in the order of the ops, by signature. `not_walked` says why signatures, or graphs
    inside of ops, were left out. `samples` says how many there were, and `source` is the dataset's
    fingerprint, or "seeded". `tools` are what ran the models."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "layer_errors.json"

    layers: tuple[LayerError, ...]
    unmatched: tuple[UnmatchedTensor, ...]
    not_walked: Mapping[str, str]
    samples: int
    source: str
    tools: Mapping[str, str]

    @property
    def makers(self) -> tuple[LayerError, ...]:
        """The ops that make the error, the worst first."""
        found = [layer for layer in self.layers if layer.stands_out]
        return tuple(sorted(found, key=lambda layer: -(layer.isolated or 0)))
