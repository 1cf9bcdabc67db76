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

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CUSTOM_OBJECT = re.compile(
    r"Could not locate (?:class|function) '(?P<class>[^']*)'|Unknown \w+: '(?P<h5>[^']*)'"
    r"|deserialization of a `(?P<lambda>Lambda)` layer"
)


def load_keras_file(path: Path) -> Any:
    """The model in a `.keras` or `.h5` file, loaded by Keras 3, or by tf_keras if Keras 3 cannot.

    Raises Mistake, blaming `source`, where the file is corrupt, or holds no model, or needs code
    that it does not hold, or a Keras that the resolve lacks.
    """
    import keras

    _check_format(path)
    modules = [keras]
    if path.suffix == ".h5" and importlib.util.find_spec("tf_keras") is not None:
        modules.append(importlib.import_module("tf_keras"))
    errors: list[Exception] = []
    for module in modules:
        try:
            return module.models.load_model(str(path), compile=False)
        except Exception as error:
            errors.append(error)
    custom = [error for error in errors if _CUSTOM_OBJECT.search(str(error))]
    raise _load_error(path, (custom or errors)[0]) from errors[0]


def _check_format(path: Path) -> None:
    if path.suffix not in (".keras", ".h5"):
        raise Mistake(
            f"`{path.name}` is no Keras file by its name",
            field="source",
            value=path.name,
            fix="Name a file that ends in `.keras` or `.h5`.",
        )
    if not path.is_file():
        raise Mistake(
            f"there is no file `{path.name}`", field="source", value=path.name, fix="Name a file."
        )
    with path.open("rb") as file:
        signature = file.read(len(_HDF5_SIGNATURE))
    whole = signature == _HDF5_SIGNATURE if path.suffix == ".h5" else zipfile.is_zipfile(path)
    if not whole:
        raise _corrupt(path, "it is cut short, or of another format")


def _load_error(path: Path, error: Exception) -> Mistake:
    text, detail = str(error), user_traceback(error, below=__file__)
    custom = _CUSTOM_OBJECT.search(text)
    if custom:
        return Mistake(
            f"`{path.name}` needs the custom object `{custom.group(custom.lastgroup or 0)}`, whose "
            "code no Keras file holds",
            field="source",
            value=path.name,
            fix=(
                "Use `tf_saved_model` with this file in its `inputs`, and an export function that "
                "defines the object and calls "
                "`keras.models.load_model(path, custom_objects={…}, safe_mode=False)`."
            ),
            detail=detail,
        )
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
        fix=(
            "A model of Keras 2 may need a `resolve` that also has `tf-keras`; else save it again "
            "with the Keras of the resolve."
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
