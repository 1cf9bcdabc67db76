# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs a model of an unpacked archive on pictures, arrays or JSON, and prints what it predicts."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Sequence

from pants_tflite.linux.sandbox.unpacked_archive import UnpackedArchive
from pants_tflite.sandbox.interpreter.litert_interpreter import FAST_KERNELS, LoadedModel
from pants_tflite.sandbox.prediction.predictor import exit_code, given_inputs, new_parser, predict
from pants_tflite.sandbox.prediction.printed_text import details_text
from pants_tflite.sandbox.prediction.tensor_values import shape_text
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.model_reader import parse_model


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = new_parser(
        "predict.py",
        "Runs a model of this folder and prints what it predicts; without inputs, lists the models.",
    )
    parser.add_argument("--model", metavar="NAME", help="needed if there are several")
    return parser.parse_intermixed_args(arguments)


def describe_models(archive: UnpackedArchive) -> str:
    """The models with their signatures, inputs and outputs."""
    lines = []
    for entry in archive.manifest.models:
        lines.append(f"{entry.name}: {entry.file}, {entry.bytes:,} bytes")
        for signature in _read_model(archive, entry.file).callables:
            lines.append(f"  signature {signature.name}")
            for kind, tensors in (("input", signature.inputs), ("output", signature.outputs)):
                for name, tensor in tensors:
                    shape = shape_text(tensor.shape_signature)
                    lines.append(f"    {kind + ':':<8}{name}  {tensor.dtype} {shape}")
    return "\n".join(lines)


def _read_model(archive: UnpackedArchive, file: str) -> Model:
    return parse_model(archive.read_intact(file))


def run(options: argparse.Namespace, folder: Path) -> None:
    """Does what the command line asks for. Raises BadInput or Mistake."""
    archive = UnpackedArchive.read(folder)
    if options.model is None and not given_inputs(options):
        print(describe_models(archive))
        return
    entry = archive.find_model(options.model)
    model = _read_model(archive, entry.file)
    predict(
        model.callables,
        options,
        details=lambda signature: details_text(model, signature),
        labels=archive.labels(entry),
        load=lambda: LoadedModel(
            folder / entry.file,
            model,
            field=None,
            kernels=FAST_KERNELS,
            threads=options.threads,
            custom_kernels=archive.kernels(),
        ),
    )


def main(arguments: Sequence[str], *, folder: Path) -> int:
    """Runs the program over the archive in `folder`; a mistake is a line on stderr and exit code 2."""
    options = parse_arguments(arguments)
    return exit_code(lambda: run(options, folder))
