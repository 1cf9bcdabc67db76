# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `write_metadata` is asked."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class OutputLabels:
    """The labels of the last dimension of an output."""

    output: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class MetadataContent:
    """What a `tflite_metadata` says about a model, by the names of its fields. `image_input` is None
    for the only input; there is an image if it, `mean` or `std` is given."""

    model_name: Optional[str] = None
    description: Optional[str] = None
    version: Optional[str] = None
    author: Optional[str] = None
    license: Optional[str] = None
    labels: tuple[OutputLabels, ...] = ()
    image_input: Optional[str] = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    @property
    def has_image(self) -> bool:
        return self.image_input is not None or bool(self.mean or self.std)


@dataclass(frozen=True)
class MetadataRequest(Message):
    """`field` names the metadata, and `source` the model's file if it is the user's. Samples of an image
    are in `dataset`, if there are any; `dataset_field` names them."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.tflite.write_metadata"

    model: str
    field: str
    source: Optional[str]
    metadata: MetadataContent
    dataset: Optional[str] = None
    dataset_field: str = ""

    def output_files(self) -> tuple[str, ...]:
        return (posixpath.basename(self.model),)
