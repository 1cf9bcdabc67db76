# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a user gives `predict` on the command line, as arrays for a model's inputs."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.prediction.pictures import IMAGE_SUFFIXES, Pixels, read_image
from pants_tflite.sandbox.prediction.tensor_values import BadInput, Given, shape_text
from pants_tflite.sandbox.samples.npz_files import LABEL, SEQUENCE, read_npz
from pants_tflite.sandbox.tflite.flatbuffer_model import Signature, Tensor

_KINDS = f"JSON, a .npy or .npz file, or an image ({', '.join(IMAGE_SUFFIXES)})"


@dataclass(frozen=True)
class GivenInputs:
    """What was given for each input by name, and the samples' labels of shape (N, …), if any.

    In a `sequence` the values have the shape (N, calls, …).
    """

    values: Mapping[str, Given]
    labels: np.ndarray | None
    sequence: bool = False


def parse_inputs(texts: Sequence[str], signature: Signature, pixels: Pixels) -> GivenInputs:
    """Reads the inputs on a command line for a signature.

    A text is a value, if the signature has one input, or `name=value`; a JSON object or a `.npz`
    file has all inputs by name, and a dash stands for JSON on standard input. Raises BadInput for
    anything else.
    """
    names = [name for name, _ in signature.inputs]
    tensors = dict(signature.inputs)
    values: dict[str, Given] = {}
    labels, sequence = None, False
    for text in texts:
        name, _, rest = text.partition("=")
        if name in names:
            found = {name: _one_value(text=rest, tensor=tensors[name], name=name, pixels=pixels)}
        elif text == "-":
            found = _unnamed(_standard_input(), signature, pixels)
        elif text.endswith(".npz"):
            arrays = _load(text, read_npz)
            found, labels = _named_arrays(arrays, signature, text), arrays.get(LABEL)
            sequence = SEQUENCE in arrays
            if f"{signature.name}/{SEQUENCE}" in arrays:
                # All of a golden input's calls are one sample.
                sequence = True
                found = {k: replace(it, array=it.array[np.newaxis]) for k, it in found.items()}
        else:
            found = _unnamed(text, signature, pixels)
        for name in found:
            if name in values:
                raise BadInput(f"the input `{name}` is given twice")
        values.update(found)
    missing = [name for name in names if name not in values]
    if missing:
        raise BadInput(
            f"there is no value for the input {', '.join(missing)}: give `{missing[0]}=…`"
        )
    return GivenInputs(values, labels, sequence)


def _standard_input() -> str:
    text = sys.stdin.read()
    if _json(text) is _NO_JSON:
        raise BadInput("standard input is not JSON")
    return text


def _unnamed(text: str, signature: Signature, pixels: Pixels) -> dict[str, Given]:
    parsed = _json(text)
    if isinstance(parsed, dict):
        unknown = sorted(set(parsed) - {name for name, _ in signature.inputs})
        if unknown:
            raise BadInput(f"the model has no input {', '.join(unknown)}; {_have(signature)}")
        return {name: _from_json(value, name) for name, value in parsed.items()}
    if len(signature.inputs) != 1:
        raise BadInput(
            f"`{text}` is for none of several inputs: give name=value; {_have(signature)}"
        )
    ((name, tensor),) = signature.inputs
    return {name: _one_value(text=text, tensor=tensor, name=name, pixels=pixels)}


def _one_value(text: str, tensor: Tensor, name: str, pixels: Pixels) -> Given:
    parsed = _json(text)
    if parsed is not _NO_JSON:
        return _from_json(parsed, name)
    suffix = Path(text).suffix.lower()
    if suffix == ".npy":
        return Given.from_file(_load(text, _read_npy), tensor)
    if suffix in IMAGE_SUFFIXES:
        return _load(
            text, lambda path: read_image(path=path, tensor=tensor, name=name, pixels=pixels)
        )
    raise BadInput(f"the input `{name}` cannot be read from `{text}`: give {_KINDS}")


_NO_JSON = object()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NO_JSON


def _from_json(value: Any, name: str) -> Given:
    try:
        array = np.array(value)
    except ValueError:
        array = np.array(None)
    if array.dtype.kind not in "biufU":
        raise BadInput(
            f"the input `{name}` takes numbers in lists of equal lengths, not {json.dumps(value)}"
        )
    return Given(array, stored=False)


def _read_npy(path: Path) -> np.ndarray:
    array = np.load(path, allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise ValueError("it holds several arrays, as a file named `.npz` does")
    return array


def _load(text: str, read: Any) -> Any:
    path = Path(text)
    # A path that the system cannot have is no file either.
    if not os.path.isfile(path):
        raise BadInput(f"there is no file `{text}` in `{Path.cwd()}`")
    try:
        return read(path)
    except BadInput:
        raise
    except Exception as error:
        raise BadInput(f"`{text}` cannot be read: {error}") from error


def _named_arrays(
    arrays: Mapping[str, np.ndarray], signature: Signature, text: str
) -> dict[str, Given]:
    """The inputs in an `.npz` file: under their names, or as the other programs write them.

    A signature with one input also takes the only array of a file.
    """
    found = {}
    for position, (name, tensor) in enumerate(signature.inputs):
        keys = (
            name,
            f"input/{name}",
            f"input/{position}",
            f"{signature.name}/{name}",
            f"{signature.name}/input/{name}",
            f"input/{signature.name}/{name}",
        )
        key = next((key for key in keys if key in arrays), None)
        others = set(arrays) - {LABEL, SEQUENCE}
        if key is None and len(signature.inputs) == 1 and len(others) == 1:
            (key,) = others
        if key is None:
            raise BadInput(
                f"`{text}` holds {', '.join(sorted(arrays)) or 'nothing'}, but no array for the "
                f"input `{name}`; {_have(signature)}"
            )
        found[name] = Given.from_file(arrays[key], tensor)
    return found


def _have(signature: Signature) -> str:
    inputs = (f"{name} {shape_text(tensor.shape_signature)}" for name, tensor in signature.inputs)
    return f"its inputs are {', '.join(inputs)}"
