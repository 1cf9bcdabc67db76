# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A model before its training, in one process: `out/model.tflite`, for those who only look at its ops.

TensorFlow is imported once, and nothing is compared: neither the SavedModel with what the function returned,
nor the model with the SavedModel. The bytes are those of the model that the programs for these steps make.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from pants_tflite.sandbox.conversion.convert import convert
from pants_tflite.sandbox.conversion.draft_protocol import DraftRequest
from pants_tflite.sandbox.entry_point import call_function
from pants_tflite.sandbox.harness import OUTPUT_DIR, run, write_report
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.outside_use import reporting_outside_use
from pants_tflite.sandbox.saved_models.canonical_saved_model import Exportable
from pants_tflite.sandbox.saved_models.code_lines import CodeLines
from pants_tflite.sandbox.saved_models.export import Written, describe, write_unchecked
from pants_tflite.sandbox.saved_models.export_protocol import ExportReport
from pants_tflite.sandbox.saved_models.fix_shapes import write_fixed
from pants_tflite.sandbox.saved_models.fix_shapes_protocol import FixShapesRequest
from pants_tflite.sandbox.saved_models.loading import load_saved_model
from pants_tflite.sandbox.saved_models.saved_model_proto import SAVED_MODEL_FILE
from pants_tflite.sandbox.saved_models.saved_model_signatures import read_signatures
from pants_tflite.sandbox.saved_models.tensorflow_runtime import seed_training, start_tensorflow

# Below a name that no source of the user has.
_WORK = Path("__draft__")
_EXPORTED, _FIXED = _WORK / "exported", _WORK / "fixed"
_SAVED_MODEL = "saved_model"


def main(request: DraftRequest) -> None:
    tensorflow = start_tensorflow(threads=request.convert.threads)
    seed_training(request.seed)
    code_lines = CodeLines(Path.cwd())
    code_lines.start()
    saved_model = _EXPORTED / _SAVED_MODEL
    # Layers run too, when a model is traced.
    with reporting_outside_use():
        model = call_function(request.call)
        exportable = write_unchecked(model, saved_model, untrained_seed=request.seed)
    write_report(code_lines.report(exportable.signatures.values()))
    kept = OUTPUT_DIR / _SAVED_MODEL
    kept.mkdir()
    shutil.copy(saved_model / SAVED_MODEL_FILE, kept)
    try:
        _write_order(saved_model, exportable)
        if request.shapes:
            saved_model = _fix_shapes(saved_model, request)
        convert(replace(request.convert, saved_model=str(saved_model)), tensorflow)
    except Mistake as mistake:
        write_report(mistake.to_report())


def _write_order(saved_model: Path, exportable: Exportable) -> None:
    """Writes what the inputs' order is read from, if there are several."""
    if all(len(signature.shapes) < 2 for signature in read_signatures(saved_model).values()):
        return
    loaded = load_saved_model(saved_model, field=_SAVED_MODEL)
    written = Written(loaded, exportable.signatures, exportable.owner)
    saved_model.with_name(ExportReport.FILE).write_bytes(describe(written).render())


def _fix_shapes(saved_model: Path, request: DraftRequest) -> Path:
    fixed = _FIXED / _SAVED_MODEL
    asked = FixShapesRequest(
        saved_model=str(saved_model),
        signatures=request.convert.signatures,
        shapes=request.shapes,
        seed=request.seed,
        threads=request.convert.threads,
    )
    write_fixed(saved_model, fixed, asked)
    order = saved_model.with_name(ExportReport.FILE)
    if order.is_file():
        shutil.copy(order, fixed.with_name(ExportReport.FILE))
    return fixed


if __name__ == "__main__":
    run(main, DraftRequest)
