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
# The layers, and how Keras 3 writes a function that has no name.
_CODE_CLASSES = ("Lambda", "TorchModuleWrapper", "__lambda__")
# Keras writes functions, which it finds by their names, as of this module.
_FUNCTION, _FUNCTIONS_MODULE = "function", "builtins"
_KERAS_MODULES = ("keras", "keras_cv", "keras_hub", "keras_nlp", "tensorflow", "tf_keras")
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
        return tuple(sorted({layer for item, layer in _items(self.model) if _holds_code(item)}))

    @property
    def foreign_objects(self) -> tuple[str, ...]:
        """What the model needs from modules that are not Keras's: an earlier Keras would import them, such as `os`."""
        model = self.model
        if isinstance(model, dict):
            # How it was trained is not loaded.
            model = {key: value for key, value in model.items() if key != "compile_config"}
        found = (item for item, _ in _items(model) if _is_foreign(item))
        return tuple(sorted({f"{item['module']}.{item['class_name']}" for item in found}))


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
    return KerasFileConfig(config, _text(metadata.get("keras_version")))


def _text(value: Any) -> Optional[str]:
    text = value.decode() if isinstance(value, bytes) else value
    return text if isinstance(text, str) else None


def _items(model: Any) -> Iterator[tuple[dict[Any, Any], str]]:
    """Each object in a configuration, with the name of the layer that it is of.

    JSON may be as deep as Python's stack.
    """
    pending = [(model, "the model")]
    while pending:
        value, layer = pending.pop()
        if isinstance(value, dict):
            config = value.get("config")
            if isinstance(config, dict) and isinstance(config.get("name"), str):
                layer = config["name"]
            yield value, layer
            pending += [(item, layer) for item in value.values()]
        elif isinstance(value, list):
            pending += [(item, layer) for item in value]


def _holds_code(item: dict[Any, Any]) -> bool:
    name = item.get("class_name")
    named_elsewhere = name == _FUNCTION and item.get("module") not in (None, _FUNCTIONS_MODULE)
    return (
        name in _CODE_CLASSES
        or named_elsewhere
        or any(key.endswith(_KIND_SUFFIX) and item[key] == _KIND_OF_CODE for key in item)
    )


def _is_foreign(item: dict[Any, Any]) -> bool:
    name, module = item.get("class_name"), item.get("module")
    if not isinstance(name, str) or not isinstance(module, str) or name == _FUNCTION:
        return False
    return module.split(".")[0] not in _KERAS_MODULES
