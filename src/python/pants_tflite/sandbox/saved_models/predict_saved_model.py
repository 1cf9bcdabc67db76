# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants run` for a SavedModel: prints its signatures, and what TensorFlow predicts with one."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.compile_environment import ensure_compiled_if_asked
from pants_tflite.sandbox.prediction.class_names import add_labels_option, read_labels
from pants_tflite.sandbox.prediction.predictor import (
    PANTS_RUN,
    exit_code,
    find_signature,
    given_inputs,
    new_parser,
    predict,
)
from pants_tflite.sandbox.prediction.tensor_values import BadInput, shape_text
from pants_tflite.sandbox.saved_models.export_protocol import ExportReport, TensorInfo
from pants_tflite.sandbox.saved_models.loading import call_signature, load_saved_model
from pants_tflite.sandbox.saved_models.tensorflow_runtime import start_tensorflow
from pants_tflite.sandbox.saved_models.variables import InitialState
from pants_tflite.sandbox.tflite.flatbuffer_model import Signature, Tensor

_UNKNOWN_RANK = "[...]"


@dataclass(frozen=True)
class LoadedSavedModel:
    """A SavedModel in TensorFlow, which keeps its state from call to call if it has any."""

    loaded: Any
    state: InitialState

    @classmethod
    def load(cls, path: Path, *, threads: int) -> LoadedSavedModel:
        start_tensorflow(threads=threads)
        loaded = load_saved_model(path, field="saved_model", title=path.name)
        return cls(loaded, InitialState.of(loaded, loaded.signatures.values()))

    def reset(self) -> None:
        self.state.restore()

    def run(self, signature: Signature, feed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        try:
            return call_signature(self.loaded.signatures[signature.name], feed)
        except Exception as error:
            raise BadInput(f"TensorFlow cannot run the model on this input: {error}") from error


def _tensor(info: TensorInfo) -> Tensor:
    shape = info.shape or ()
    return Tensor(
        name=info.name,
        shape=tuple(1 if size is None else size for size in shape),
        shape_signature=shape,
        dtype=info.dtype,
        quantization=None,
        constant=False,
        buffer=0,
    )


def to_signatures(report: ExportReport) -> tuple[Signature, ...]:
    """The signatures of an exported SavedModel, sorted by name."""
    return tuple(
        Signature(
            name,
            subgraph=0,
            inputs=tuple((each.name, _tensor(each)) for each in info.inputs),
            outputs=tuple((each.name, _tensor(each)) for each in info.outputs),
        )
        for name, info in sorted(report.signatures.items())
    )


def _tensor_line(kind: str, info: TensorInfo) -> str:
    shape = _UNKNOWN_RANK if info.shape is None else shape_text(info.shape)
    return f"{kind + ':':<8}{info.name}  {info.dtype} {shape}"


def details_text(report: ExportReport, size: int) -> str:
    """Lines on a SavedModel of so many bytes, with all of its signatures."""
    versions = f"Keras {report.keras_version} and TensorFlow {report.tensorflow_version}"
    lines = [f"model: a SavedModel of {size:,} bytes, exported by {versions}"]
    for name, signature in sorted(report.signatures.items()):
        lines.append(f"signature: {name}")
        lines += [_tensor_line("input", info) for info in signature.inputs]
        lines += [_tensor_line("output", info) for info in signature.outputs]
    return "\n".join(lines)


def _check_ranks(report: ExportReport, signature: Signature) -> None:
    """Raises BadInput if the signature takes arrays of any rank: samples cannot be told from batches."""
    for info in report.signatures[signature.name].inputs:
        if info.shape is None:
            raise BadInput(
                f"the input `{info.name}` has no fixed number of dimensions, so that samples cannot "
                "be told from batches: export the model with a shape for it"
            )


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = new_parser(PANTS_RUN, "Prints a SavedModel's signatures, and what it predicts.")
    parser.add_argument("--model", required=True, type=Path, help=argparse.SUPPRESS)
    add_labels_option(parser, "the output's elements")
    return parser.parse_intermixed_args(arguments)


def run(options: argparse.Namespace) -> None:
    """Does what the command line asks for. Raises BadInput or Mistake."""
    report = ExportReport.parse(options.model.with_name(ExportReport.FILE).read_bytes())
    size = sum(path.stat().st_size for path in options.model.rglob("*") if path.is_file())
    signatures = to_signatures(report)
    if given_inputs(options):
        _check_ranks(report, find_signature(signatures, options.signature))
    predict(
        signatures,
        options,
        details=lambda _: details_text(report, size),
        labels=read_labels(options.labels),
        load=lambda: LoadedSavedModel.load(options.model, threads=options.threads),
    )


def main(arguments: Sequence[str]) -> int:
    """Runs the program; a mistake is a message on stderr and exit code 2."""
    options = parse_arguments(arguments)
    ensure_compiled_if_asked()
    return exit_code(lambda: run(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
