# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `verify` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional, Union

from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class VerifyRequest(Message):
    """A model without a `reference` is run, and not compared: on the `dataset`, or without one on
    seeded random samples. `dataset_field` is blamed if samples do not fit. Without a `mode` the
    types inside of the model are not checked, without a type those of inputs or outputs are the
    mode's own, and without a `tolerance` it is the mode's. With `float_fallback` at most
    `max_float_ops` ops of an integer mode may compute in floats; None is any number.
    `select_tf_ops` are the ops of TensorFlow that the model may have, True for any; it then runs in
    TensorFlow's interpreter. Signatures to `skip` are not run. What quantization changes in an
    `untrained` model is measured, and not judged: how much it is depends on the weights."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.verification.verify"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("verification.json",)

    model: str
    reference: Optional[str]
    dataset: Optional[str]
    dataset_field: str
    mode: Optional[str]
    input_type: Optional[str]
    output_type: Optional[str]
    custom_ops: tuple[str, ...]
    kernels: tuple[KernelLibrary, ...]
    tolerance: Optional[float]
    max_samples: int
    seed: int
    float_fallback: bool = left_out(False)
    max_float_ops: Optional[int] = left_out()
    per_channel: bool = left_out(True)
    select_tf_ops: Union[bool, tuple[str, ...]] = left_out(False)
    skip: tuple[str, ...] = left_out(())
    untrained: bool = left_out(False)


@dataclass(frozen=True)
class FloatOp:
    """An op that computes in floats: `tensor` is its first output, or what it stores, and `layer`
    the scope of the model's code that it comes from, or empty if the file does not say."""

    op: str
    tensor: str
    layer: str


@dataclass(frozen=True)
class WorstElement:
    """Where two outputs differ most: element `index` of the output for sample `sample`."""

    sample: int
    index: tuple[int, ...]
    expected: Union[float, str]
    actual: Union[float, str]


@dataclass(frozen=True)
class WorstChannel:
    """The channel of an output that differs most: `index` along the output's dimension `axis`. Its
    `error` was divided by `spread`."""

    axis: int
    index: int
    error: float
    spread: float


@dataclass(frozen=True)
class Decisions:
    """How often the greatest score along the last dimension is another one than the SavedModel's, if
    that decides by a `margin` that is not too small: in `differing` of the `firm` ones of `count`.
    """

    count: int
    firm: int
    differing: int
    margin: float


@dataclass(frozen=True)
class Accuracy:
    """How many of the labelled `samples` the SavedModel and the model get right, and how many the
    model gets wrong that the SavedModel gets right."""

    samples: int
    saved_model: int
    model: int
    lost: int


@dataclass(frozen=True)
class OutputCheck:
    """An output that is close enough to the SavedModel's. `error` is zero for equal outputs;
    `comparison` explains what it measures. `channel` is None for an output of too few values, or one
    that is not of real numbers; `decisions` for one that is not of scores, and `accuracy` for one
    that the dataset has no labels for."""

    signature: str
    name: str
    measure: str
    error: float
    worst: WorstElement
    spread: Optional[float] = left_out(None)
    channel: Optional[WorstChannel] = left_out(None)
    decisions: Optional[Decisions] = left_out(None)
    accuracy: Optional[Accuracy] = left_out(None)


@dataclass(frozen=True)
class VerifiedSamples:
    """`source` is the dataset's fingerprint, or "seeded". The signatures in `made_up` have seeded
    random samples, although there is a dataset. `sequences` says whether the samples are calls in
    turn that keep the model's state."""

    count: int
    source: str
    made_up: tuple[str, ...] = left_out(())
    sequences: bool = left_out(False)


@dataclass(frozen=True)
class VerificationReport(Message):
    """`outputs` are empty if there is no SavedModel to compare with. `tolerance` is the largest error
    that passes, and None if any does, as those of quantization do in an untrained model. `mode` is what the types were checked for. `not_run` says why the
    model was not run, if it was not, and then there are no golden files. `kernels` and `tools` are
    what ran it. The signatures `skipped` were not run because the target says so. `keeps_state` says
    whether a call depends on the calls before it, unless the app resets the model's variables.
    `micro_only` says why LiteRT does not run a model that TFLite Micro alone ran. `float_ops` are
    those of an integer mode's model that compute in floats. All four are left out where they say
    nothing."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "verification.json"

    kernels: str
    mode: Optional[str]
    not_run: Optional[str]
    outputs: tuple[OutputCheck, ...]
    samples: VerifiedSamples
    tolerance: Optional[float]
    tools: Mapping[str, str]
    micro_only: Optional[str] = left_out()
    float_ops: tuple[FloatOp, ...] = left_out(())
    skipped: tuple[str, ...] = left_out(())
    keeps_state: bool = left_out(False)
