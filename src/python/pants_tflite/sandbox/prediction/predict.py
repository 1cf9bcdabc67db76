# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants run` for a model: prints its inputs and outputs, and its predictions."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Sequence

from pants_tflite.sandbox.compile_environment import ensure_compiled_if_asked
from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel
from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.interpreter.litert_interpreter import FAST_KERNELS, LoadedModel
from pants_tflite.sandbox.prediction.class_names import add_labels_option, read_labels
from pants_tflite.sandbox.prediction.predictor import (
    PANTS_RUN,
    exit_code,
    new_parser,
    predict,
)
from pants_tflite.sandbox.prediction.printed_text import details_text
from pants_tflite.sandbox.prediction.tensor_values import BadInput
from pants_tflite.sandbox.protocol import from_plain
from pants_tflite.sandbox.tflite.checked_flatbuffer import CorruptModel
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.inspect_model import describe_model
from pants_tflite.sandbox.tflite.model_reader import read_model


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = new_parser(PANTS_RUN, "Prints a model's inputs and outputs, and what it predicts.")
    parser.add_argument("--model", required=True, type=Path, help=argparse.SUPPRESS)
    parser.add_argument(
        "--description", action="store_true", help="print what is in the model as JSON, and end"
    )
    add_labels_option(parser, "the output's elements")
    # A JSON file that lists kernels of custom ops.
    parser.add_argument("--kernels", type=Path, help=argparse.SUPPRESS)
    return parser.parse_intermixed_args(arguments)


def read_kernels(path: Path | None) -> tuple[Kernel, ...]:
    """The kernels that a JSON file lists, with libraries relative to its folder."""
    if path is None:
        return ()
    values = json.loads(path.read_text(encoding="utf-8"))
    libraries = from_plain(tuple[KernelLibrary, ...], values, str(path))
    return tuple(
        replace(kernel, library=path.parent / kernel.library) for kernel in Kernel.of_all(libraries)
    )


def description_text(model: Model) -> str:
    """The model's own entry in `model.json`, without the hash of its file."""
    description = json.loads(describe_model(model, "").render())
    del description["sha256"]
    return json.dumps(description, indent=2, sort_keys=True, ensure_ascii=False)


def run(options: argparse.Namespace) -> None:
    """Does what the command line asks for. Raises BadInput or Mistake."""
    try:
        model = read_model(options.model)
    except OSError as error:
        raise BadInput(f"`{options.model}` cannot be read: {error.strerror}") from error
    except CorruptModel as error:
        raise BadInput(f"`{options.model}` is not an intact model: {error}") from error
    if options.description:
        print(description_text(model))
        return
    predict(
        model.callables,
        options,
        details=lambda signature: details_text(model, signature),
        labels=read_labels(options.labels),
        load=lambda: LoadedModel(
            options.model,
            model,
            field=None,
            kernels=FAST_KERNELS,
            threads=options.threads,
            custom_kernels=read_kernels(options.kernels),
        ),
    )


def main(arguments: Sequence[str]) -> int:
    """Runs the program; a mistake is a message on stderr and exit code 2."""
    options = parse_arguments(arguments)
    ensure_compiled_if_asked()
    return exit_code(lambda: run(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
