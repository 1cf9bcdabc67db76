# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Predictions for what a command line gives: `pants run` and `predict.py` of a Linux archive."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Callable, Iterator, Mapping, Protocol, Sequence

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.prediction.pictures import Pixels
from pants_tflite.sandbox.prediction.printed_text import (
    best_labels,
    json_values,
    outputs_text,
    usage_text,
)
from pants_tflite.sandbox.prediction.tensor_values import BadInput, saturation_note
from pants_tflite.sandbox.prediction.user_input import parse_inputs
from pants_tflite.sandbox.prediction.user_samples import Samples
from pants_tflite.sandbox.samples.labels import correct_predictions
from pants_tflite.sandbox.tflite.flatbuffer_model import Signature
from pants_tflite.sandbox.tflite.quantized_values import dequantize

MISTAKE_EXIT_CODE = 2
# What a program of `pants run` calls itself: nobody sees its own name. Options of which Pants gives
# the values have no help.
PANTS_RUN = "pants run ADDRESS --"
EPILOG = """\
INPUT, or --input INPUT, is one of
  '[[10.0]]'                      the value, as JSON
  'x=[[1, 2]]' 'y=[0]'            several inputs by name
  '{"x": [[1, 2]], "y": [0]}'     the same
  -                               JSON on standard input
  sample.npy                      one sample, or several stacked
  inputs.npz                      inputs by name, or a dataset that Pants built
  cat.jpg --scale 0.00784314 --offset -1    a picture, from 0 to 255 to [-1, 1]

A model that keeps a state from call to call starts each sample afresh, but for a dataset of
`sequence=True` and the golden input of one: their calls are in turn.

A missing batch dimension is added. Values are real numbers: a quantized input is quantized on the
way in, a quantized output is shown both as a real number and as it is stored. Only a NumPy file of
a quantized input's own type is taken as stored.

A picture is turned upright, converted to the input's number of channels and resized to its height
and width. What training did to pixels is not in the model, so say it with --scale and --offset.
With neither, an input gets pixels of 0 to 255; one that stores uint8 stores just these.
"""


class Runner(Protocol):
    """A model that is ready to run."""

    def reset(self) -> None:
        """Brings it back to the state in which it was loaded."""

    def run(self, signature: Signature, feed: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """What a signature yields for inputs as its tensors store them, in the same form."""


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number of 1 or more")
    return int(text)


def new_parser(program: str, description: str) -> argparse.ArgumentParser:
    """A parser with the options that all predictions have; use its `parse_intermixed_args`."""
    parser = argparse.ArgumentParser(
        prog=program,
        description=description,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help="an input; see below")
    parser.add_argument(
        "--input", action="append", default=[], metavar="INPUT", help="the same, as an option"
    )
    parser.add_argument(
        "--signature", help="the signature to call (default: serving_default, or the first one)"
    )
    parser.add_argument("--scale", type=float, help="multiply pixels by this")
    parser.add_argument("--offset", type=float, help="then add this")
    parser.add_argument(
        "--top", type=_positive, default=5, help="best labels to print (default: %(default)s)"
    )
    parser.add_argument(
        "--max-samples",
        type=_positive,
        default=10,
        help="stop after so many (default: %(default)s)",
    )
    parser.add_argument("--threads", type=_positive, default=1, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print one line of JSON only")
    return parser


def given_inputs(options: argparse.Namespace) -> list[str]:
    """All inputs on the command line, in whichever way they were given."""
    return [*options.inputs, *options.input]


def find_signature(signatures: Sequence[Signature], name: str | None) -> Signature:
    """The signature called `name`; without a name the usual one, or the first."""
    by_name = {signature.name: signature for signature in signatures}
    if name is None:
        return by_name.get("serving_default", signatures[0])
    if name not in by_name:
        raise BadInput(f"the model has no signature `{name}`; it has {', '.join(by_name)}")
    return by_name[name]


def predict(
    signatures: Sequence[Signature],
    options: argparse.Namespace,
    *,
    details: Callable[[Signature], str],
    labels: Sequence[str],
    load: Callable[[], Runner],
) -> None:
    """Prints what is in the model and, for each sample, what it predicts.

    `details` says what is in the model, for the signature that is called; `labels` are the names of an
    output's elements; `load` gives the model. Raises BadInput or Mistake.
    """
    signature = find_signature(signatures, options.signature)
    texts = given_inputs(options)
    if not options.json:
        print(details(signature), flush=True)
    if signature.inputs and not texts:
        if options.json:
            raise BadInput("there is no input to predict from")
        print(f"\n{usage_text(signature)}")
        return
    given = parse_inputs(texts, signature, Pixels(options.scale, options.offset))
    samples = Samples.create(signature, given, options.max_samples)
    for name, tensor in signature.inputs:
        note = saturation_note(given.values[name], name, tensor)
        if note is not None:
            print(f"note: {note}", file=sys.stderr)
    report = _report_json if options.json else _report_text
    report(load(), samples, labels, options.top)


def _results(loaded: Runner, samples: Samples) -> Iterator[Mapping[str, np.ndarray]]:
    """What each call yields, as the tensors store it. Each sample starts from a fresh state."""
    for run in samples.batching.runs(samples.stored):
        loaded.reset()
        for feed in run:
            yield loaded.run(samples.signature, feed)


def _report_text(loaded: Runner, samples: Samples, labels: Sequence[str], top: int) -> None:
    """Prints the prediction for each sample and, if the samples have labels, the accuracy."""
    signature = samples.signature
    rows = []
    for call, stored in enumerate(_results(loaded, samples)):
        print()
        if samples.has_titles:
            print(samples.title(call))
        print(outputs_text(signature, stored, labels, top=top), flush=True)
        rows.append({name: dequantize(stored[name], tensor) for name, tensor in signature.outputs})
    if samples.labels is not None:
        outputs = samples.batching.collect(rows, len(samples))
        (output,) = outputs.values() if len(outputs) == 1 else (None,)
        right = None if output is None else correct_predictions(output, samples.labels)
        if right is None:
            print("\nThe labels cannot be compared with the output.")
        else:
            print(f"\naccuracy: {right.mean():.4g} ({right.sum()} of {len(right)})")


def _report_json(loaded: Runner, samples: Samples, labels: Sequence[str], top: int) -> None:
    """Prints all predictions as one object: `outputs` has for each output an element per sample,
    and `best` the labels with the highest scores, where an output has as many elements."""
    signature = samples.signature
    rows = []
    for stored in _results(loaded, samples):
        rows.append({name: dequantize(stored[name], tensor) for name, tensor in signature.outputs})
    outputs = samples.batching.collect(rows, len(samples))
    best = {
        name: [
            [{"label": label, "score": score} for label, score in best_labels(row, labels, top)]
            for row in output
            if row.size == len(labels)
        ]
        for name, output in outputs.items()
    }
    values = {name: json_values(output.tolist()) for name, output in outputs.items()}
    print(json.dumps({"best": best, "outputs": values}, sort_keys=True, ensure_ascii=False))


def exit_code(run: Callable[[], None]) -> int:
    """0, or MISTAKE_EXIT_CODE if `run` raised BadInput or Mistake: that is a line on stderr."""
    try:
        run()
    except Mistake as error:
        print(f"predict: {error.message}. {error.fix}", file=sys.stderr)
        return MISTAKE_EXIT_CODE
    except BadInput as error:
        print(f"predict: {error}", file=sys.stderr)
        return MISTAKE_EXIT_CODE
    return 0
