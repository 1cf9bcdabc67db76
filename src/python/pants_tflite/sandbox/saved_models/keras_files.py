# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Loads `.keras` and `.h5` files, and says what is wrong with those that do not load."""

from __future__ import annotations

import importlib
import importlib.util
import re
import zipfile
from pathlib import Path
from typing import Any

from pants_tflite.sandbox.harness import user_traceback
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.keras_file_config import (
    HDF5_SUFFIXES,
    KerasFileConfig,
    read_config,
)

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CUSTOM_OBJECT = re.compile(
    r"Could not locate (?:class|function) '(?P<class>[^']*)'|Unknown \w+: '(?P<h5>[^']*)'"
)


class LegacyKerasFile(Exception):
    """A file of Keras 2 that Keras 3 cannot load, in an environment without tf_keras."""

    def __init__(self, keras_version: str | None, reason: str) -> None:
        super().__init__(reason)
        self.keras_version = keras_version
        self.reason = reason


def load_keras_file(path: Path, *, allow_code: bool = False) -> Any:
    """The model in a `.keras` or `.h5` file, loaded by Keras 3, or by tf_keras if it is a file of
    Keras 2 and Keras 3 cannot.

    Raises LegacyKerasFile if tf_keras is missing for that, and Mistake, blaming `source`, if the
    file is corrupt, holds no model, holds code and may not, or needs code that it does not hold.
    """
    config = check_keras_file(path, allow_code=allow_code)
    # Keras refuses code in most files by itself, but tf_keras runs that of an `.h5` in any case.
    arguments = {"compile": False, **({"safe_mode": False} if allow_code else {})}
    try:
        return importlib.import_module("keras").models.load_model(str(path), **arguments)
    except Exception as error:
        if not config.is_legacy or config.model is None:
            raise _load_error(path, error) from error
        keras_error = error
    if importlib.util.find_spec("tf_keras") is None:
        reason = f"{type(keras_error).__name__}: {keras_error}"
        raise LegacyKerasFile(config.keras_version, reason) from keras_error
    try:
        return importlib.import_module("tf_keras").models.load_model(str(path), **arguments)
    except Exception as error:
        custom = [e for e in (keras_error, error) if _CUSTOM_OBJECT.search(str(e))]
        raise _load_error(path, custom[-1] if custom else error) from error


def check_keras_file(path: Path, *, allow_code: bool) -> KerasFileConfig:
    """What a Keras file says, without loading its model. Raises Mistake as `load_keras_file` does, if
    the file is corrupt, or holds code and may not."""
    _check_format(path)
    config = _read_config(path)
    if not allow_code:
        _check_code(path, config)
    return config


def _read_config(path: Path) -> KerasFileConfig:
    try:
        return read_config(path)
    except Exception as error:
        raise _corrupt(path, str(error)) from error


def _check_code(path: Path, config: KerasFileConfig) -> None:
    layers = config.layers_with_code
    if layers:
        raise Mistake(
            f"`{path.name}` holds code, which runs when the file is loaded, in "
            f"{', '.join(f'`{layer}`' for layer in layers)}",
            field="source",
            value=path.name,
            fix=(
                "If you trust where the file comes from, set `allow_code=True`. Better, save the "
                "model with named layers in place of its Lambda layers."
            ),
        )
    if config.foreign_objects:
        (whole, *_) = config.foreign_objects
        detail = f"The file names it as `{whole}`."
        raise _needs_custom_object(path, whole.rpartition(".")[2], detail)


def _check_format(path: Path) -> None:
    if path.suffix not in (".keras", *HDF5_SUFFIXES):
        raise Mistake(
            f"`{path.name}` is no Keras file by its name",
            field="source",
            value=path.name,
            fix="Name a file that ends in `.keras`, `.h5` or `.hdf5`.",
        )
    if not path.is_file():
        raise Mistake(
            f"there is no file `{path.name}`", field="source", value=path.name, fix="Name a file."
        )
    with path.open("rb") as file:
        signature = file.read(len(_HDF5_SIGNATURE))
    is_hdf5 = path.suffix in HDF5_SUFFIXES
    whole = signature == _HDF5_SIGNATURE if is_hdf5 else zipfile.is_zipfile(path)
    if not whole:
        raise _corrupt(path, "it is cut short, or of another format")


def _load_error(path: Path, error: Exception) -> Mistake:
    text, detail = str(error), user_traceback(error, below=__file__)
    custom = _CUSTOM_OBJECT.search(text)
    if custom:
        return _needs_custom_object(path, custom.group(custom.lastgroup or 0), detail)
    if "No model config found" in text:
        return Mistake(
            f"`{path.name}` holds weights but no model",
            field="source",
            value=path.name,
            fix="Save the whole model: `model.save(…)`, not `model.save_weights(…)`.",
            detail=detail,
        )
    if isinstance(error, (OSError, zipfile.BadZipFile, EOFError)):
        return _corrupt(path, text)
    return Mistake(
        f"Keras cannot load `{path.name}`: {type(error).__name__}: {text}",
        field="source",
        value=path.name,
        fix="Save the model again with the Keras of the resolve, or with a newer one.",
        detail=detail,
    )


def _needs_custom_object(path: Path, name: str, detail: str) -> Mistake:
    return Mistake(
        f"`{path.name}` needs the custom object `{name}`, whose code no Keras file holds",
        field="source",
        value=path.name,
        fix=(
            "Use `tf_saved_model` with this file in its `inputs`, and an export function that "
            "defines the object and calls "
            "`keras.models.load_model(path, custom_objects={…}, safe_mode=False)`."
        ),
        detail=detail,
    )


def _corrupt(path: Path, reason: str) -> Mistake:
    return Mistake(
        f"`{path.name}` is not a whole {path.suffix} file: {reason}",
        field="source",
        value=path.name,
        fix="Replace the file by one that `model.save` wrote and that was copied in full.",
    )
