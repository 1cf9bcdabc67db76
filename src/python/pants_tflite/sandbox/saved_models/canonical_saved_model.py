# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writes a SavedModel whose bytes depend only on the model: its signatures, variables and tables.

`tf.saved_model.save` of a model as it is would include its training functions and optimizer,
put variables in an order that follows memory addresses, and leave out those of Keras 3.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from pants_tflite.sandbox.harness import user_traceback
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.saved_model_proto import renumber, strip_optimizer_state

FINGERPRINT_FILE = "fingerprint.pb"
_DIRECTORY_MODE = 0o755
_FILE_MODE = 0o644


@dataclass(frozen=True)
class Exportable:
    """What an export function returned, traced.

    `signatures` maps names to concrete functions; `endpoints` maps names to the functions that a
    loaded SavedModel has as attributes; `owner` holds the tables that the functions use.
    """

    signatures: Mapping[str, Any]
    endpoints: Mapping[str, Any]
    owner: Any


def write_saved_model(exportable: Exportable, path: Path) -> None:
    """Writes `exportable` to the new directory `path`, canonically.

    Raises Mistake where TensorFlow cannot save it.
    """
    import tensorflow as tf

    root = tf.__internal__.tracking.AutoTrackable()
    variables = captured_variables(exportable)
    root.variables = variables
    root.trainable_variables = [variable for variable in variables if variable.trainable]
    root.resources = _captured_resources(exportable)
    for name in sorted(exportable.endpoints):
        if not hasattr(root, name):
            setattr(root, name, exportable.endpoints[name])
    signatures = {name: exportable.signatures[name] for name in sorted(exportable.signatures)}
    try:
        tf.saved_model.save(root, str(path), signatures=signatures)
    except Exception as error:
        raise Mistake(
            f"TensorFlow cannot save what the function returned: {type(error).__name__}: {error}",
            field="entry_point",
            fix=(
                "Return tensors from every signature, and keep every table or asset that one uses "
                "as an attribute of the returned module."
            ),
            detail=user_traceback(error, below=__file__),
        ) from error
    renumber(path)
    clean(path)


def captured_variables(exportable: Exportable) -> list[Any]:
    """The variables that the signatures use, in the order of their use: names may repeat."""
    ordered: dict[int, Any] = {}
    for name in sorted(exportable.signatures):
        function = exportable.signatures[name]
        by_handle = {id(variable.handle): variable for variable in function.graph.variables}
        for capture in function.captured_inputs:
            if id(capture) in by_handle:
                ordered.setdefault(id(capture), by_handle[id(capture)])
    return list(ordered.values())


def _captured_resources(exportable: Exportable) -> list[Any]:
    """The lookup tables that the signatures use, in the order of their use."""
    import tensorflow as tf

    captured: dict[int, int] = {}
    for name in sorted(exportable.signatures):
        for capture in exportable.signatures[name].captured_inputs:
            captured.setdefault(id(capture), len(captured))
    resources = {}
    for trackable in tf.train.TrackableView(exportable.owner).descendants():
        if isinstance(trackable, tf.saved_model.experimental.TrackableResource):
            position = captured.get(id(trackable.resource_handle))
            if position is not None:
                resources[position] = trackable
    return [resources[position] for position in sorted(resources)]


def clean(path: Path) -> None:
    """Removes a SavedModel's random fingerprint and empty folders, and sets plain permissions."""
    (path / FINGERPRINT_FILE).unlink(missing_ok=True)
    for folder in sorted((entry for entry in path.rglob("*") if entry.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    path.chmod(_DIRECTORY_MODE)
    for entry in path.rglob("*"):
        entry.chmod(_DIRECTORY_MODE if entry.is_dir() else _FILE_MODE)


def copy_saved_model(source: Path, destination: Path) -> None:
    """Copies a SavedModel directory, following links, without files that are not the model's."""
    shutil.copytree(source, destination)
    clean(destination)
    strip_optimizer_state(destination)
