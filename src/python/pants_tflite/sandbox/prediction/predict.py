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
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.prediction.pictures import Pixels
from pants_tflite.sandbox.prediction.printed_text import (
    correct_predictions,
    details_text,
    outputs_text,
    usage_text,
)
from pants_tflite.sandbox.prediction.tensor_values import BadInput, saturation_note
from pants_tflite.sandbox.prediction.user_input import parse_inputs
from pants_tflite.sandbox.prediction.user_samples import Samples
from pants_tflite.sandbox.protocol import from_plain
from pants_tflite.sandbox.tflite.checked_flatbuffer import CorruptModel
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Signature
from pants_tflite.sandbox.tflite.inspect_model import describe_model
from pants_tflite.sandbox.tflite.model_reader import read_model
from pants_tflite.sandbox.tflite.quantized_values import dequantize

MISTAKE_EXIT_CODE = 2
_EPILOG = """\
examples:
  --input '[[10.0]]'                      the value, as JSON
  --input 'x=[[1, 2]]' --input 'y=[0]'    several inputs by name
  --input '{"x": [[1, 2]], "y": [0]}'     the same
  --input sample.npy                      one sample, or several stacked
  --input validation.npz                  inputs by name, or a dataset that pants built
  --input cat.jpg --scale 0.00784 --offset -1    a picture, from 0 to 255 to [-1, 1]

A missing batch dimension is added. Values are real numbers: a quantized input is quantized on the
way in, a quantized output is shown both as a real number and as it is stored. Only a NumPy file of
a quantized input's own type is taken as stored.

A picture is turned upright, converted to the input's number of channels and resized to its height
and width. What training did to pixels is not in the model, so say it with --scale and --offset.
With neither, an input gets pixels of 0 to 255; one that stores uint8 stores just these.
"""


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number of 1 or more")
    return int(text)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="predict",
        description="Prints a model's inputs and outputs, and what it predicts.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", required=True, type=Path, help="the .tflite file")
    parser.add_argument(
        "--description", action="store_true", help="print what is in the model as JSON, and end"
    )
    parser.add_argument(
        "--signature", help="the signature to call (default: the only or first one)"
    )
    parser.add_argument(
        "--input", action="append", default=[], metavar="VALUE", help="an input; see the examples"
    )
    parser.add_argument("--scale", type=float, help="multiply pixels by this")
    parser.add_argument("--offset", type=float, help="then add this")
    parser.add_argument(
        "--labels", type=Path, metavar="FILE", help="names of the output's elements, one a line"
    )
    parser.add_argument(
        "--max-samples",
        type=_positive,
        default=10,
        help="stop after so many (default: %(default)s)",
    )
    parser.add_argument("--threads", type=_positive, default=1, help="default: %(default)s")
    parser.add_argument(
        "--kernels", type=Path, metavar="FILE", help="a JSON file that lists kernels of custom ops"
    )
    return parser.parse_args(arguments)


def find_signature(model: Model, name: str | None) -> Signature:
    """The signature called `name`, or the first one."""
    if name is None:
        return model.callables[0]
    for signature in model.callables:
        if signature.name == name:
            return signature
    names = ", ".join(signature.name for signature in model.callables)
    raise BadInput(f"the model has no signature `{name}`; it has {names}")


def read_labels(path: Path | None) -> list[str]:
    """The lines of a labels file."""
    if path is None:
        return []
    if not path.is_file():
        raise BadInput(f"there is no file `{path}` in `{Path.cwd()}`")
    return path.read_text(encoding="utf-8").splitlines()


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


def predict(loaded: LoadedModel, samples: Samples, names: Sequence[str]) -> None:
    """Prints the model's prediction for each sample and, if they have labels, the accuracy."""
    signature = samples.signature
    rows = []
    for call, feed in enumerate(samples.batching.feeds(samples.stored)):
        stored = loaded.run(signature, feed)
        print()
        if len(samples) > 1 or samples.labels is not None:
            print(samples.title(call))
        print(outputs_text(signature, stored, names), flush=True)
        rows.append({name: dequantize(stored[name], tensor) for name, tensor in signature.outputs})
    if samples.labels is not None:
        outputs = samples.batching.collect(rows, len(samples))
        right = correct_predictions(outputs, samples.labels)
        if right is None:
            print("\nThe labels cannot be compared with the output.")
        else:
            print(f"\naccuracy: {right.mean():.4g} ({right.sum()} of {len(right)})")


def run(options: argparse.Namespace) -> None:
    """Does what the command line asks for. Raises BadInput, CorruptModel or Mistake."""
    try:
        model = read_model(options.model)
    except OSError as error:
        raise BadInput(f"`{options.model}` cannot be read: {error.strerror}") from error
    if options.description:
        print(description_text(model))
        return
    signature = find_signature(model, options.signature)
    names = read_labels(options.labels)
    print(details_text(model, signature), flush=True)
    if signature.inputs and not options.input:
        print(f"\n{usage_text(signature)}")
        return
    given = parse_inputs(options.input, signature, Pixels(options.scale, options.offset))
    samples = Samples.create(signature, given, options.max_samples)
    for name, tensor in signature.inputs:
        note = saturation_note(given.values[name], name, tensor)
        if note is not None:
            print(f"note: {note}", file=sys.stderr)
    loaded = LoadedModel(
        options.model,
        model,
        field=None,
        kernels=FAST_KERNELS,
        threads=options.threads,
        custom_kernels=read_kernels(options.kernels),
    )
    predict(loaded, samples, names)


def main(arguments: Sequence[str]) -> int:
    """Runs the program; a mistake is a message on stderr and exit code 2."""
    options = parse_arguments(arguments)
    ensure_compiled_if_asked()
    try:
        run(options)
    except Mistake as error:
        print(f"predict: {error.message}. {error.fix}", file=sys.stderr)
        return MISTAKE_EXIT_CODE
    except CorruptModel as error:
        print(f"predict: `{options.model}` is not an intact model: {error}", file=sys.stderr)
        return MISTAKE_EXIT_CODE
    except BadInput as error:
        print(f"predict: {error}", file=sys.stderr)
        return MISTAKE_EXIT_CODE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
