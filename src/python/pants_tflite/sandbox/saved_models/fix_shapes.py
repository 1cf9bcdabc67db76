# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writes a SavedModel again with fixed shapes of its inputs: `out/saved_model/` and `out/export.json`.

The converter then knows each size, and leaves out what computes sizes at run time.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

from pants_tflite.sandbox.harness import OUTPUT_DIR, run, user_traceback, write_report
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.canonical_saved_model import Exportable, write_saved_model
from pants_tflite.sandbox.saved_models.export_check import check_saved
from pants_tflite.sandbox.saved_models.export_protocol import ExportReport, SignatureInfo
from pants_tflite.sandbox.saved_models.fix_shapes_protocol import FixShapesRequest
from pants_tflite.sandbox.saved_models.loading import (
    check_variables,
    input_infos,
    load_saved_model,
    output_infos,
)
from pants_tflite.sandbox.saved_models.saved_model_signatures import (
    Signature,
    choose_signatures,
    read_signatures,
)
from pants_tflite.sandbox.saved_models.tensorflow_runtime import start_tensorflow

FIELD = "input_shapes"
Shapes = Mapping[str, Sequence[Optional[int]]]


def main(request: FixShapesRequest) -> None:
    start_tensorflow(threads=request.threads)
    path, written = Path(request.saved_model), OUTPUT_DIR / "saved_model"
    exportable, fixed = write_fixed(path, written, request)
    reloaded = load_saved_model(written, field=FIELD)
    check_variables(written, field=FIELD)
    check_saved(exportable, reloaded, seed=request.seed)
    report = ExportReport.parse(path.with_name(ExportReport.FILE).read_bytes())
    infos = {name: _describe(reloaded.signatures[name], list(fixed[name].shapes)) for name in fixed}
    write_report(replace(report, signatures=infos))


def write_fixed(
    path: Path, written: Path, request: FixShapesRequest
) -> tuple[Exportable, dict[str, Signature]]:
    """Writes the SavedModel at `path` with other shapes, unchecked; returns what it is made of, and what
    is then known of its signatures."""
    available = read_signatures(path)
    names = choose_signatures(available, request.signatures)
    fixed = fix_shapes({name: available[name] for name in names}, request.shapes)
    loaded = load_saved_model(path, field="saved_model")
    signatures = {name: _trace(loaded.signatures[name], fixed[name]) for name in names}
    exportable = Exportable(signatures, {}, loaded)
    write_saved_model(exportable, written)
    return exportable, fixed


def fix_shapes(signatures: Mapping[str, Signature], shapes: Shapes) -> dict[str, Signature]:
    """The signatures with the sizes that `shapes` give to their inputs.

    Raises Mistake if there is no such input, or a shape contradicts what is known of it.
    """
    inputs = sorted({name for signature in signatures.values() for name in signature.shapes})
    for name in sorted(shapes):
        if name not in inputs:
            raise Mistake(
                f"the SavedModel has no input `{name}`",
                field=FIELD,
                value=name,
                fix=f"Name one of its inputs: {', '.join(inputs)}.",
            )
    return {
        key: Signature(
            {
                name: _fix(name, shape, shapes[name]) if name in shapes else shape
                for name, shape in signature.shapes.items()
            },
            signature.dtypes,
        )
        for key, signature in signatures.items()
    }


def _fix(
    name: str, known: Optional[tuple[int, ...]], wanted: Sequence[Optional[int]]
) -> tuple[int, ...]:
    sizes = tuple(-1 if size is None else size for size in wanted)
    known = (-1,) * len(sizes) if known is None else known
    pairs = list(zip(known, sizes))
    if len(known) != len(sizes) or any(-1 not in pair and pair[0] != pair[1] for pair in pairs):
        raise Mistake(
            f"the input `{name}` has the shape {_text(known)}, which does not allow {_text(sizes)}",
            field=FIELD,
            value=name,
            fix="Give a size to what is `?`, and leave the other sizes as they are. The first is the "
            "batch, most often 1.",
        )
    return tuple(size if old == -1 else old for old, size in pairs)


def _text(shape: Sequence[int]) -> str:
    return "[" + ", ".join("?" if size == -1 else str(size) for size in shape) + "]"


def _trace(function: Any, signature: Signature) -> Any:
    """A loaded SavedModel's signature, traced for inputs of these shapes."""
    import tensorflow as tf

    specs = [
        tf.TensorSpec(
            None if shape is None else [None if size == -1 else size for size in shape],
            tf.as_dtype(signature.dtypes[name]),
            name,
        )
        for name, shape in signature.shapes.items()
    ]

    @tf.function(input_signature=specs, autograph=False)
    def fixed(*inputs: Any) -> Any:
        return function(**dict(zip(signature.shapes, inputs)))

    try:
        return fixed.get_concrete_function()
    except Exception as error:
        raise Mistake(
            f"the model cannot take inputs of these shapes: {type(error).__name__}: {error}",
            field=FIELD,
            fix="Give sizes that the model was made for.",
            detail=user_traceback(error, below=__file__),
        ) from error


def _describe(signature: Any, order: Sequence[str]) -> SignatureInfo:
    infos = {info.name: info for info in input_infos(signature)}
    return SignatureInfo(tuple(infos[name] for name in order), output_infos(signature))


if __name__ == "__main__":
    run(main, FixShapesRequest)
