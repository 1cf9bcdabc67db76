# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `export` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional, Union

from pants_tflite.sandbox.entry_point_protocol import EntryPointCall
from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class KerasFile:
    """The path of a `.keras` or `.h5` file."""

    keras_file: str


@dataclass(frozen=True)
class SavedModelDirectory:
    """The path of a directory that holds a SavedModel."""

    saved_model: str


@dataclass(frozen=True)
class ExportRequest(Message):
    """What becomes a SavedModel. `seed` and `threads` are of the training, and of the check that the
    SavedModel computes what the model does."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.saved_models.export"

    source: Union[EntryPointCall, KerasFile, SavedModelDirectory]
    seed: int
    threads: int


@dataclass(frozen=True)
class TensorInfo:
    """An input or output of a signature; an unknown dimension is None, an unknown rank too."""

    name: str
    shape: Optional[tuple[Optional[int], ...]]
    dtype: str


@dataclass(frozen=True)
class SignatureInfo:
    """The inputs and outputs of a signature, sorted by name."""

    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]


@dataclass(frozen=True)
class ExportReport(Message):
    """The exported SavedModel by its signatures, and what wrote it."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "export.json"

    keras_version: str
    signatures: Mapping[str, SignatureInfo]
    tensorflow_version: str
