# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writes a model as a canonical SavedModel: `out/saved_model/`, described in `out/export.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pants_tflite.sandbox.entry_point import call_function
from pants_tflite.sandbox.entry_point_protocol import EntryPointCall
from pants_tflite.sandbox.harness import OUTPUT_DIR, run, write_report
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.canonical_saved_model import (
    copy_saved_model,
    write_saved_model,
)
from pants_tflite.sandbox.saved_models.export_check import check_saved
from pants_tflite.sandbox.saved_models.export_protocol import (
    ExportReport,
    ExportRequest,
    KerasFile,
    SavedModelDirectory,
    SignatureInfo,
)
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


def main(request: ExportRequest) -> None:
    start_tensorflow(threads=request.threads)
    seed_training(request.seed)
    saved_model = OUTPUT_DIR / "saved_model"
    if isinstance(request.source, SavedModelDirectory):
        loaded = _copy_model(Path(request.source.saved_model), saved_model)
    else:
        loaded = _write_model(request.source, saved_model, request.seed)
    write_report(_describe(loaded))


def _copy_model(source: Path, saved_model: Path) -> Any:
    check_files(source, field="source")
    copy_saved_model(source, saved_model)
    loaded = load_saved_model(saved_model, field="source", title=str(source))
    check_variables(saved_model, field="source", title=str(source))
    return loaded


def _write_model(source: EntryPointCall | KerasFile, saved_model: Path, seed: int) -> Any:
    """Makes the source's model, writes it, and returns it reloaded."""
    if isinstance(source, KerasFile):
        field, value = "source", source.keras_file
        model = load_keras_file(Path(source.keras_file))
    else:
        field, value = "entry_point", source.entry_point.field_value
        model = call_function(source)
    try:
        exportable = to_exportable(model)
        write_saved_model(exportable, saved_model)
        loaded = load_saved_model(saved_model, field=field)
        check_variables(saved_model, field=field)
        check_saved(exportable, loaded, seed=seed)
    except Mistake as error:
        error.field, error.value = field, value
        raise
    return loaded


def _describe(loaded: Any) -> ExportReport:
    import keras
    import tensorflow as tf

    return ExportReport(
        keras_version=keras.__version__,
        signatures={
            name: SignatureInfo(input_infos(signature), output_infos(signature))
            for name, signature in loaded.signatures.items()
        },
        tensorflow_version=tf.__version__,
    )


if __name__ == "__main__":
    run(main, ExportRequest)
