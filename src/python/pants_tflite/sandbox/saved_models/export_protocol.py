# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `export` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional, Union

from pants_tflite.sandbox.entry_point_protocol import EntryPointCall
from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class KerasFile:
    """The path of a `.keras` or `.h5` file. `allow_code` says whether loading it may run code that is
    in the file."""

    keras_file: str
    allow_code: bool


@dataclass(frozen=True)
class SavedModelDirectory:
    """The path of a directory that holds a SavedModel."""

    saved_model: str


@dataclass(frozen=True)
class ExportRequest(Message):
    """What becomes a SavedModel. `seed` and `threads` are of the training, and of the check that the
    SavedModel computes what the model does. An `untrained` model says so in its report, so that it has
    no step in common with the trained one, even if its function trains after all."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.saved_models.export"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("export.json", "saved_model/saved_model.pb")
    INSTEAD: ClassVar[Optional[str]] = "legacy_keras.json"

    source: Union[EntryPointCall, KerasFile, SavedModelDirectory]
    seed: int
    threads: int
    untrained: bool = left_out(False)


@dataclass(frozen=True)
class LegacyKerasReport(Message):
    """What is written in place of a SavedModel for a file of Keras 2 that needs tf_keras, which the
    environment lacks. `keras_version` is of the Keras that wrote the file, if the file says it;
    `reason` is why Keras 3 cannot load it."""

    FILE: ClassVar[str] = "legacy_keras.json"

    keras_version: Optional[str]
    reason: str


@dataclass(frozen=True)
class TensorInfo:
    """An input or output of a signature; an unknown dimension is None, an unknown rank too."""

    name: str
    shape: Optional[tuple[Optional[int], ...]]
    dtype: str


@dataclass(frozen=True)
class SignatureInfo:
    """The inputs of a signature in the model's own order, and its outputs, sorted by name."""

    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]


@dataclass(frozen=True)
class ExportReport(Message):
    """The exported SavedModel by its signatures, and what wrote it. `predict_batches` are the sizes of
    the batches for which a Keras model was found to compute what its own `predict` does. The version
    is of tf_keras for a model that it loaded. An `untrained` model was asked for before its training.
    """

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "export.json"

    keras_version: str
    predict_batches: tuple[int, ...]
    signatures: Mapping[str, SignatureInfo]
    tensorflow_version: str
    outside: tuple[str, ...] = left_out(())
    untrained: bool = left_out(False)
