# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a Keras file says of its model, read without loading it: loading may run code in the file."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Optional

HDF5_SUFFIXES = (".h5", ".hdf5")
# The layer, and how Keras 3 writes a function that has no name.
_CODE_CLASSES = ("Lambda", "__lambda__")
# Keras 2 writes beside a function, or a shape, what kind it is of.
_KIND_SUFFIX, _KIND_OF_CODE = "_type", "lambda"


@dataclass(frozen=True)
class KerasFileConfig:
    """The configuration of a model, and the version of the Keras that wrote it, as far as known."""

    model: Any
    keras_version: Optional[str]

    @property
    def is_legacy(self) -> bool:
        """Whether the file is of a Keras before version 3."""
        version = self.keras_version
        return version is None or version.split(".")[0] in ("0", "1", "2")

    @property
    def layers_with_code(self) -> tuple[str, ...]:
        """The names of the layers, also of models within the model, whose code loading would run."""
        return tuple(sorted(set(_layers_with_code(self.model, "the model"))))


def read_config(path: Path) -> KerasFileConfig:
    """The configuration in a `.keras` or `.h5` file; it has no model if the file holds only weights.

    Raises an error of the file's library if the file is corrupt.
    """
    return _read_hdf5(path) if path.suffix in HDF5_SUFFIXES else _read_archive(path)


def _read_hdf5(path: Path) -> KerasFileConfig:
    import h5py  # pants: no-infer-dep - it comes with Keras

    with h5py.File(path, "r") as file:
        version = file.attrs.get("keras_version")
        config = file.attrs.get("model_config")
    return KerasFileConfig(None if config is None else json.loads(config), _text(version))


def _read_archive(path: Path) -> KerasFileConfig:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        config = json.loads(archive.read("config.json")) if "config.json" in names else None
        metadata = json.loads(archive.read("metadata.json")) if "metadata.json" in names else {}
    return KerasFileConfig(config, metadata.get("keras_version"))


def _text(value: Any) -> Optional[str]:
    return value.decode() if isinstance(value, bytes) else value


def _layers_with_code(value: Any, layer: str) -> Iterator[str]:
    if isinstance(value, dict):
        config = value.get("config")
        if isinstance(config, dict) and isinstance(config.get("name"), str):
            layer = config["name"]
        if value.get("class_name") in _CODE_CLASSES:
            yield layer
        for key, item in value.items():
            if key.endswith(_KIND_SUFFIX) and item == _KIND_OF_CODE:
                yield layer
            yield from _layers_with_code(item, layer)
    elif isinstance(value, list):
        for item in value:
            yield from _layers_with_code(item, layer)
