# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What kinds of ops do not belong in a portable model, by their names in both forms of a graph."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

from pants_tflite.sandbox.constants import FLEX_PREFIX
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse


class Kind(NamedTuple):
    """What a kind of ops is about. `check` is also the name of its replacement."""

    check: str
    what: str


DECODING = Kind("decoding", "the model decodes files")
RESIZING = Kind("resizing", "the model resizes its input before anything else")
ANY_RESIZING = Kind("resizing", "the model resizes pictures")
SIGNAL = Kind("signal", "the model turns sound into a spectrogram")
TEXT = Kind("text", "the model works on text")
DETECTION = Kind("detection", "the model chooses among its detections")
CONTROL_FLOW = Kind("control-flow", "the model has a loop or a branch")

_CONTROL_FLOW = ("IF", "STABLEHLO_CASE", "STABLEHLO_WHILE", "WHILE")
_RESIZING = ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR")
_SIGNAL = ("AudioSpectrogram", "Mfcc", "RFFT2D", "STABLEHLO_FFT", "RFFT", "STFT")
_TABLES = ("HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT", "HASHTABLE_SIZE")
_DECODING = re.compile(r"Decode(AndCropJpeg|Bmp|Gif|Image|Jpeg|Png|Raw|Wav)")
_DETECTION = re.compile(
    r"NON_MAX_SUPPRESSION_V[45]|TFLite_Detection_PostProcess|(Combined)?NonMaxSuppression\w*"
)
# TensorFlow's ops of the same kinds. Those that only resize are not among them, for where they are in the
# model decides; TensorFlow Lite has none that resizes in these two ways.
_GRAPH_KINDS = (
    (_DECODING, DECODING),
    (re.compile("ResizeArea|ResizeBicubic"), ANY_RESIZING),
    (re.compile(r"AudioSpectrogram|Mfcc|(Batch)?I?R?FFT([23]D)?|STFT"), SIGNAL),
    (re.compile(r"String\w+|(Static)?Regex\w+|LookupTable\w+|Unicode\w+|DecodeCSV|AsString"), TEXT),
    (_DETECTION, DETECTION),
    (re.compile("(Stateless)?(Case|If|While)"), CONTROL_FLOW),
)


def kind_of(op: OpUse) -> Optional[Kind]:
    """The kind of an op of TensorFlow Lite."""
    name = op.op.replace(FLEX_PREFIX, "", 1) if op.custom else op.op
    if _DECODING.fullmatch(name):
        return DECODING
    if name in _RESIZING and op.is_before_weights:
        return RESIZING
    if name in _SIGNAL:
        return SIGNAL
    if name in _TABLES or "string" in op.dtypes:
        return TEXT
    if _DETECTION.fullmatch(name):
        return DETECTION
    return CONTROL_FLOW if name in _CONTROL_FLOW else None


def kind_of_graph_op(name: str) -> Optional[Kind]:
    """The kind of an op of TensorFlow."""
    return next((kind for pattern, kind in _GRAPH_KINDS if pattern.fullmatch(name)), None)
