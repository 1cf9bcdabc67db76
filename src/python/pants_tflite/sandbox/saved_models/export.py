# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writes a model as a canonical SavedModel: `out/saved_model/`, described in `out/export.json`.

Next to it is `out/code_lines.json`, from which errors take the lines of the user's code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Mapping

from pants_tflite.sandbox.constants import DEFAULT_SIGNATURE
from pants_tflite.sandbox.entry_point import call_function
from pants_tflite.sandbox.entry_point_protocol import EntryPointCall
from pants_tflite.sandbox.harness import OUTPUT_DIR, run, write_report
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.outside_use import reporting_outside_use
from pants_tflite.sandbox.saved_models.canonical_saved_model import (
    Exportable,
    copy_saved_model,
    write_saved_model,
)
from pants_tflite.sandbox.saved_models.code_lines import CodeLines
from pants_tflite.sandbox.saved_models.export_check import check_saved
from pants_tflite.sandbox.saved_models.export_protocol import (
    ExportReport,
    ExportRequest,
    KerasFile,
    LegacyKerasReport,
    SavedModelDirectory,
    SignatureInfo,
)
from pants_tflite.sandbox.saved_models.input_order import input_order, keras_2_order
from pants_tflite.sandbox.saved_models.keras_files import LegacyKerasFile, load_keras_file
from pants_tflite.sandbox.saved_models.keras_models import is_keras_model, keras_of
from pants_tflite.sandbox.saved_models.loading import (
    check_files,
    check_variables,
    input_infos,
    load_saved_model,
    output_infos,
)
from pants_tflite.sandbox.saved_models.predict_check import check_predict
from pants_tflite.sandbox.saved_models.returned_models import to_exportable
from pants_tflite.sandbox.saved_models.tensorflow_runtime import seed_training, start_tensorflow
from pants_tflite.sandbox.saved_models.untrained_weights import vary_equal_weights


def main(request: ExportRequest) -> None:
    start_tensorflow(threads=request.threads)
    seed_training(request.seed)
    saved_model = OUTPUT_DIR / "saved_model"
    code_lines = CodeLines(Path.cwd())
    code_lines.start()
    # Layers run too, when a model is traced and compared.
    with reporting_outside_use() as notes:
        try:
            written = _write(request, saved_model)
        except LegacyKerasFile as error:
            write_report(LegacyKerasReport(error.keras_version, error.reason))
            return
        report = describe(written)
    outside = notes.to_report().kinds
    write_report(replace(report, untrained=request.untrained, outside=outside))
    if not isinstance(request.source, SavedModelDirectory):
        write_report(code_lines.report(written.functions.values()))


@dataclass(frozen=True)
class Written:
    """A SavedModel that was written, reloaded.

    `functions` are what its signatures were made from, and `owner` has them as attributes. `batches`
    are the sizes of the batches for which a Keras model was compared with its own `predict`, and
    `declared` is the order of inputs that a SavedModel of Keras 2 says.
    """

    loaded: Any
    functions: Mapping[str, Any]
    owner: Any
    batches: tuple[int, ...] = ()
    declared: tuple[str, ...] = ()


def _write(request: ExportRequest, saved_model: Path) -> Written:
    if isinstance(request.source, SavedModelDirectory):
        return _copy_model(Path(request.source.saved_model), saved_model)
    return _write_model(request.source, saved_model, request)


def _copy_model(source: Path, saved_model: Path) -> Written:
    check_files(source, field="sources")
    copy_saved_model(source, saved_model)
    loaded = load_saved_model(saved_model, field="sources", title=str(source))
    check_variables(saved_model, field="sources", title=str(source))
    return Written(loaded, loaded.signatures, loaded, declared=keras_2_order(source))


def _write_model(
    source: EntryPointCall | KerasFile, saved_model: Path, request: ExportRequest
) -> Written:
    """Makes the source's model, writes it, and checks what was written."""
    seed = request.seed
    if isinstance(source, KerasFile):
        field, value = "source", source.keras_file
        model = load_keras_file(Path(source.keras_file), allow_code=source.allow_code)
    else:
        field, value = source.entry_point.field, source.entry_point.field_value
        model = call_function(source)
    try:
        exportable = write_unchecked(
            model, saved_model, untrained_seed=seed if request.untrained else None
        )
        loaded = load_saved_model(saved_model, field=field)
        check_variables(saved_model, field=field)
        batches = (
            check_predict(model, exportable.signatures[DEFAULT_SIGNATURE], seed=seed)
            if is_keras_model(model)
            else ()
        )
        check_saved(exportable, loaded, seed=seed)
    except Mistake as error:
        error.field, error.value = field, value
        raise
    return Written(loaded, exportable.signatures, exportable.owner, batches)


def write_unchecked(model: Any, saved_model: Path, *, untrained_seed: int | None) -> Exportable:
    """Writes what a function returned as a SavedModel. The weights of an untrained one are varied with
    a seed."""
    exportable = to_exportable(model)
    if untrained_seed is not None:
        vary_equal_weights(exportable, seed=untrained_seed)
    write_saved_model(exportable, saved_model)
    return exportable


def _describe_signature(written: Written, name: str) -> SignatureInfo:
    signature = written.loaded.signatures[name]
    infos = {info.name: info for info in input_infos(signature)}
    order = input_order(
        name,
        saved=signature,
        function=written.functions[name],
        owner=written.owner,
        declared=written.declared,
    )
    return SignatureInfo(tuple(infos[name] for name in order), output_infos(signature))


def describe(written: Written) -> ExportReport:
    """What a SavedModel is, by its signatures, with their inputs in the model's own order."""
    import tensorflow as tf

    return ExportReport(
        keras_version=keras_of(written.owner).__version__,
        predict_batches=written.batches,
        signatures={
            name: _describe_signature(written, name) for name in sorted(written.loaded.signatures)
        },
        tensorflow_version=tf.__version__,
    )


if __name__ == "__main__":
    run(main, ExportRequest)
