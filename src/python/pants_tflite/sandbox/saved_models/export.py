# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writes a model as a canonical SavedModel: `out/saved_model/`, described in `out/export.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

from pants_tflite.sandbox.entry_point import call_function
from pants_tflite.sandbox.harness import OUTPUT_DIR, UserError, run, write_json
from pants_tflite.sandbox.saved_models.canonical_saved_model import (
    copy_saved_model,
    write_saved_model,
)
from pants_tflite.sandbox.saved_models.export_check import check_saved
from pants_tflite.sandbox.saved_models.keras_files import load_keras_file
from pants_tflite.sandbox.saved_models.loading import (
    check_files,
    check_variables,
    input_infos,
    load_saved_model,
    output_infos,
)
from pants_tflite.sandbox.saved_models.returned_models import to_exportable
from pants_tflite.sandbox.saved_models.tensorflow_runtime import seed_training, start_tensorflow

FORMAT_VERSION = 1


def main(request: Mapping[str, Any]) -> None:
    """Exports the request's source; docs/architecture.md describes request and outputs."""
    start_tensorflow(threads=request["threads"])
    seed_training(request["seed"])
    saved_model = OUTPUT_DIR / "saved_model"
    source = request["source"]
    if source["kind"] == "saved_model":
        loaded = _copy_model(Path(source["path"]), saved_model)
    else:
        loaded = _write_model(source, saved_model, request["seed"])
    write_json(OUTPUT_DIR / "export.json", _describe(loaded))


def _copy_model(source: Path, saved_model: Path) -> Any:
    check_files(source, field="source")
    copy_saved_model(source, saved_model)
    loaded = load_saved_model(saved_model, field="source", title=str(source))
    check_variables(saved_model, field="source", title=str(source))
    return loaded


def _write_model(source: Mapping[str, Any], saved_model: Path, seed: int) -> Any:
    """Makes the source's model, writes it, and returns it as loaded again."""
    if source["kind"] == "keras_file":
        field, value = "source", source["path"]
        model = load_keras_file(Path(source["path"]))
    else:
        entry_point = source["entry_point"]
        field = "entry_point"
        value = f"{Path(entry_point['file']).name}:{entry_point['function']}"
        model = call_function(entry_point, source["inputs"])
    try:
        exportable = to_exportable(model)
        write_saved_model(exportable, saved_model)
        loaded = load_saved_model(saved_model, field=field)
        check_variables(saved_model, field=field)
        check_saved(exportable, loaded, seed=seed)
    except UserError as error:
        error.field, error.value = field, value
        raise
    return loaded


def _describe(loaded: Any) -> dict[str, Any]:
    import keras
    import tensorflow as tf

    return {
        "format_version": FORMAT_VERSION,
        "keras_version": keras.__version__,
        "signatures": {
            name: {
                "inputs": [info.to_json() for info in input_infos(signature)],
                "outputs": [info.to_json() for info in output_infos(signature)],
            }
            for name, signature in loaded.signatures.items()
        },
        "tensorflow_version": tf.__version__,
    }


if __name__ == "__main__":
    run(main)
