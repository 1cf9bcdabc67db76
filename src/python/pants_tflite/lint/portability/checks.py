# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What is checked of a built model, from the reports on it."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, NamedTuple, Optional, Sequence

from pants_tflite.lint.findings import Finding, listed
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.sandbox.constants import FLEX_PREFIX
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse

CHECKS = {
    "batch": "an input whose fixed batch is not 1",
    "build": "a model that cannot be built",
    "computed-size": "sizes that are computed while the model runs",
    "control-flow": "loops and branches",
    "decoding": "files that are decoded in the model",
    "detection": "detections that are chosen in the model",
    "float-op": "ops in floats in an integer model",
    "resizing": "pictures that are resized before the first weights",
    "shared-samples": "calibration samples that verify the model too",
    "signal": "sound that becomes a spectrogram in the model",
    "tensor-type": "types that few kernels have",
    "text": "text and tables in the model",
    "unknown-size": "an input of unknown size in a model for microcontrollers",
}
_RARE_TYPES = ("complex128", "complex64", "float64", "uint16", "uint32", "uint64")
_CONTROL_FLOW = ("IF", "STABLEHLO_CASE", "STABLEHLO_WHILE", "WHILE")
_RESIZING = ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR")
_SIGNAL = ("AudioSpectrogram", "Mfcc", "RFFT2D", "STABLEHLO_FFT", "RFFT", "STFT")
_TABLES = ("HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT", "HASHTABLE_SIZE")
_DECODING = re.compile(r"Decode(AndCropJpeg|Bmp|Gif|Image|Jpeg|Png|Raw|Wav)")
_DETECTION = re.compile(
    r"NON_MAX_SUPPRESSION_V[45]|TFLite_Detection_PostProcess|(Combined)?NonMaxSuppression(V\d)?"
)


class _Kind(NamedTuple):
    """What a kind of ops is about, and what replaces it."""

    check: str
    what: str
    instead: str


_DECODING_KIND = _Kind(
    "decoding",
    "the model decodes files",
    "Decode them in the app, whose platform has a decoder, and give the model the pixels or samples.",
)
_RESIZING_KIND = _Kind(
    "resizing",
    "the model resizes its input before anything else",
    "Give the model's input the size that it computes with, and resize in the app and, with "
    "`tf.image.resize`, in the training's `tf.data` pipeline.",
)
_SIGNAL_KIND = _Kind(
    "signal",
    "the model turns sound into a spectrogram",
    "Compute it in the app, in integers on a microcontroller, and train the model on spectrograms.",
)
_TEXT_KIND = _Kind(
    "text",
    "the model works on text",
    "Split text and look words up in the app, and give the model their numbers as int32.",
)
_DETECTION_KIND = _Kind(
    "detection",
    "the model chooses among its detections",
    "Yield boxes and scores, and suppress overlapping ones in the app; integers cannot do it well.",
)
_CONTROL_FLOW_KIND = _Kind(
    "control-flow",
    "the model has a loop or a branch, which GPU delegates refuse and int8 does not convert",
    "Give a recurrent layer `unroll=True` and a fixed batch and length; choose between two values with "
    "`tf.where`.",
)


def _kind_of(op: OpUse) -> Optional[_Kind]:
    name = op.op.replace(FLEX_PREFIX, "", 1) if op.custom else op.op
    if _DECODING.fullmatch(name):
        return _DECODING_KIND
    if name in _RESIZING and op.is_before_weights:
        return _RESIZING_KIND
    if name in _SIGNAL:
        return _SIGNAL_KIND
    if name in _TABLES or "string" in op.dtypes:
        return _TEXT_KIND
    if _DETECTION.fullmatch(name):
        return _DETECTION_KIND
    return _CONTROL_FLOW_KIND if name in _CONTROL_FLOW else None


def check_model(
    address: str,
    description: ModelDescription,
    ops: Sequence[OpUse],
    *,
    micro_bundles: Iterable[str],
) -> Iterator[Finding]:
    """All findings about a model, which the `micro_bundles` take to microcontrollers."""
    yield from _check_kinds(address, ops)
    yield from _check_float_ops(address, description)
    yield from _check_sizes(address, description, ops, sorted(micro_bundles))
    yield from _check_types(address, ops)


def _in_layers(ops: Iterable[OpUse]) -> str:
    """Where some ops of one name are, in words."""
    places = listed(op.layer or op.tensor for op in ops if op.layer or op.tensor)
    return f" in {places}" if places else ""


def _named(ops: Sequence[OpUse]) -> str:
    """Ops with their layers, by name."""
    names = sorted({op.op for op in ops})
    return "; ".join(f"{name}{_in_layers([o for o in ops if o.op == name])}" for name in names)


def _check_kinds(address: str, ops: Sequence[OpUse]) -> Iterator[Finding]:
    found: dict[_Kind, list[OpUse]] = {}
    for op in ops:
        kind = _kind_of(op)
        if kind is not None:
            found.setdefault(kind, []).append(op)
    for kind, members in found.items():
        yield Finding(address, kind.check, f"{kind.what}: {_named(members)}", kind.instead)


def _check_float_ops(address: str, description: ModelDescription) -> Iterator[Finding]:
    mode = description.verification.mode
    for op in description.verification.float_ops:
        place = op.layer or op.tensor
        yield Finding(
            address,
            "float-op",
            f"{op.op} in `{place}` computes in floats, although the mode is {mode}",
            "Express the layer with ops that have integer kernels, such as BatchNormalization, which is "
            "folded away, in place of LayerNormalization.",
        )


def _check_sizes(
    address: str, description: ModelDescription, ops: Sequence[OpUse], micro_bundles: Sequence[str]
) -> Iterator[Finding]:
    inputs = description.named_inputs
    unknown = {name: t for name, t in inputs if None in t.shape_signature[1:]}
    open_shapes = {
        name: [1 if index == 0 else size for index, size in enumerate(tensor.shape_signature)]
        for name, tensor in inputs
        if None in tensor.shape_signature
    }
    fix = f"Fix the shapes with `input_shapes={open_shapes}`" + (
        ", with a size for each None." if unknown else "."
    )
    if unknown and micro_bundles:
        yield Finding(
            address,
            "unknown-size",
            f"the input {listed(unknown)} has an unknown size, and "
            f"{', '.join(micro_bundles)} needs to know the memory",
            fix,
        )
    computed = [op for op in ops if op.op == "SHAPE"]
    if computed and open_shapes:
        yield Finding(
            address,
            "computed-size",
            "the model computes sizes while it runs, which GPU delegates refuse: "
            + _named(computed),
            fix,
        )
    for name, tensor in inputs:
        batch = tensor.shape_signature[0] if len(tensor.shape_signature) > 1 else 1
        if batch not in (None, 1):
            yield Finding(
                address,
                "batch",
                f"the input `{name}` has the batch {batch}, so that each call needs as many samples",
                "Export the model with an open batch, or with the batch 1.",
            )


def _check_types(address: str, ops: Sequence[OpUse]) -> Iterator[Finding]:
    for dtype in _RARE_TYPES:
        members = [op for op in ops if dtype in op.dtypes]
        if members:
            yield Finding(
                address,
                "tensor-type",
                f"the model computes in {dtype}, which few kernels take: {_named(members)}",
                "Compute in float32, or in int32, and cast what comes in.",
            )
