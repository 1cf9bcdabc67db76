#!/usr/bin/env python3
# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs a model of this folder with LiteRT on a picture, an array or JSON, and prints what it says.

`manifest.json` describes the models; README.md says how to install what this program needs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

try:
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
except ImportError as error:
    sys.exit(f"predict: {error}; README.md says how to install what requirements.txt lists")

FOLDER = Path(__file__).resolve().parent
PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_EPILOG = """\
INPUT is one of
  cat.jpg         a picture: turned upright, converted to the input's channels and resized
  sample.npy      one sample, or several where the model takes them
  inputs.npz      an array for each input, by its name
  '[[1, 2]]'      JSON; '{"x": [1], "y": [2]}' gives several inputs by name
  -               JSON on standard input

A missing batch dimension is added. Values are real numbers: a quantized input is quantized on the
way in, a quantized output is shown as a real number. Only a NumPy file of a quantized input's own
type is taken as it is stored. Pixels are 0 to 255 unless --scale and --offset say what training made
of them: --scale 0.00784314 --offset -1 makes -1 to 1. With neither, an input that stores uint8
stores just the pixels.
"""


class Mistake(Exception):
    """Something that the user can mend, in one line."""


@dataclass(frozen=True)
class Signature:
    """What can be called: inputs and outputs by name, each as the manifest describes it.

    `key` is None for a model without signatures, whose tensors have their own names and order.
    """

    key: str | None
    inputs: Mapping[str, Mapping[str, Any]]
    outputs: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Given:
    """An array as it was given; `stored` says that a quantized input takes it as it is."""

    array: np.ndarray
    stored: bool = False


def read_models() -> dict[str, Any]:
    """The models by name, each as the manifest describes it."""
    try:
        manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
        return {model["name"]: model for model in manifest["models"]}
    except (OSError, ValueError, KeyError) as error:
        raise Mistake(f"manifest.json cannot be read: {error}; unpack the archive again") from error


def find_model(models: Mapping[str, Any], name: str | None) -> Mapping[str, Any]:
    """The model called `name`, or the only one."""
    if name is None and len(models) == 1:
        return next(iter(models.values()))
    if name is None or name not in models:
        what = "give --model" if name is None else f"there is no model `{name}`"
        raise Mistake(f"{what}; the models are {', '.join(models)}")
    return models[name]


def signatures_of(model: Mapping[str, Any]) -> dict[str, Signature]:
    """The signatures by their keys, or "main" for a model without any."""
    if model["signatures"]:
        described = model["signatures"].items()
        return {key: Signature(key, it["inputs"], it["outputs"]) for key, it in described}
    inputs = {tensor["name"]: tensor for tensor in model["inputs"]}
    outputs = {tensor["name"]: tensor for tensor in model["outputs"]}
    return {"main": Signature(None, inputs, outputs)}


def find_signature(model: Mapping[str, Any], key: str | None) -> Signature:
    """The signature `key`; by default serving_default, or else the first."""
    signatures = signatures_of(model)
    if key is None:
        return signatures.get("serving_default") or next(iter(signatures.values()))
    if key not in signatures:
        raise Mistake(f"the model has no signature `{key}`; it has {', '.join(signatures)}")
    return signatures[key]


def read_intact(described: Mapping[str, Any]) -> bytes:
    """The content of a file; raises where it is not what the manifest says."""
    path = FOLDER / described["file"]
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Mistake(f"`{path}` cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != described["sha256"]:
        raise Mistake(f"`{path}` is not what manifest.json says; unpack the archive again")
    return content


def load_interpreter(model: Mapping[str, Any], threads: int) -> Interpreter:
    """The model, ready to run, with the kernels that `pants run` uses."""
    return Interpreter(
        # Compared with the manifest first, for a damaged model may kill the interpreter's process.
        model_content=read_intact(model),
        num_threads=threads,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )


def run(
    interpreter: Interpreter, signature: Signature, feed: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The outputs by name for inputs by name, all as they are stored."""
    if signature.key is not None:
        return interpreter.get_signature_runner(signature.key)(**feed)
    inputs = [details["index"] for details in interpreter.get_input_details()]
    outputs = [details["index"] for details in interpreter.get_output_details()]
    for name, index in zip(signature.inputs, inputs):
        interpreter.resize_tensor_input(index, feed[name].shape)
    interpreter.allocate_tensors()
    for name, index in zip(signature.inputs, inputs):
        interpreter.set_tensor(index, feed[name])
    interpreter.invoke()
    return {name: interpreter.get_tensor(i) for name, i in zip(signature.outputs, outputs)}


def read_input(text: str, signature: Signature, options: argparse.Namespace) -> dict[str, Given]:
    """What INPUT gives for each input of the signature, by name."""
    found: dict[str, Given]
    try:
        value = json.loads(sys.stdin.read() if text == "-" else text)
    except ValueError as error:
        if text == "-":
            raise Mistake(f"standard input is no JSON: {error}") from error
        found = read_file(Path(text), signature, options)
    else:
        values = value if isinstance(value, dict) else {only_input(signature): value}
        found = {name: Given(from_json(value, name)) for name, value in values.items()}
    if set(found) != set(signature.inputs):
        wanted, got = (", ".join(sorted(names)) or "none" for names in (signature.inputs, found))
        raise Mistake(f"the model's inputs are {wanted}; given: {got}")
    return found


def only_input(signature: Signature) -> str:
    """The name of the one input; raises where there are several."""
    if len(signature.inputs) != 1:
        names = ", ".join(signature.inputs)
        raise Mistake(f"give a JSON object or a .npz with all inputs by name: {names}")
    return next(iter(signature.inputs))


def from_json(value: Any, name: str) -> np.ndarray:
    try:
        array = np.array(value)
    except ValueError:
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        raise Mistake(f"the input `{name}` takes numbers, in lists of equal lengths")
    return array


def read_file(path: Path, signature: Signature, options: argparse.Namespace) -> dict[str, Given]:
    """The inputs by name from a .npy, a .npz or a picture."""
    suffix = path.suffix.lower()
    if suffix not in (".npy", ".npz", *PICTURES):
        raise Mistake(f"`{path}` is no JSON, and no file of .npy, .npz, {', '.join(PICTURES)}")
    if not path.is_file():
        raise Mistake(f"there is no file `{path}`")
    name = "" if suffix == ".npz" and len(signature.inputs) > 1 else only_input(signature)
    try:
        if suffix in PICTURES:
            return {
                name: read_picture(
                    path=path, name=name, tensor=signature.inputs[name], options=options
                )
            }
        if suffix == ".npy":
            arrays = {name: np.load(path)}
        else:
            with np.load(path) as file:
                arrays = {key: file[key] for key in file.files}
            if name and len(arrays) == 1:
                arrays = {name: next(iter(arrays.values()))}
    except Mistake:
        raise
    except Exception as error:  # Whatever NumPy and Pillow make of a damaged file.
        raise Mistake(f"`{path}` cannot be read: {error}") from error
    types = {key: tensor["dtype"] for key, tensor in signature.inputs.items()}
    return {key: Given(it, stored=it.dtype.name == types.get(key)) for key, it in arrays.items()}


def read_picture(
    path: Path, name: str, tensor: Mapping[str, Any], options: argparse.Namespace
) -> Given:
    """A picture as one sample: upright, with the input's channels (1, 3 or 4), height and width."""
    from PIL import Image, ImageOps

    shape = tensor["shape_signature"]
    if len(shape) == 4 and shape[3] in _MODES:
        height, width, channels = shape[1:]
    elif len(shape) == 3 and shape[2] in _MODES and shape[0] not in (None, 1):
        height, width, channels = shape
    elif len(shape) == 3:
        height, width, channels = shape[1], shape[2], None
    else:
        raise Mistake(f"the input `{name}` of shape {shape_text(shape)} takes no picture")
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert(_MODES[channels or 1])
    size = (width or upright.width, height or upright.height)
    if size != upright.size:
        upright = upright.resize(size, Image.Resampling.BILINEAR)
    pixels = np.asarray(upright)
    if channels is not None:
        pixels = pixels.reshape(*pixels.shape[:2], channels)
    if options.scale is None and options.offset is None:
        return Given(pixels, stored=tensor["dtype"] == "uint8")
    scale = 1.0 if options.scale is None else options.scale
    return Given(pixels.astype(np.float32) * scale + (options.offset or 0.0))


def to_stored(given: Given, name: str, tensor: Mapping[str, Any]) -> np.ndarray:
    """A value as the input `name` stores it; raises where shape or type do not fit."""
    shape, quantization = tensor["shape_signature"], tensor["quantization"]
    takes = f"the input `{name}` takes the shape {shape_text(shape)} of {tensor['dtype']}"
    array = given.array if given.array.ndim == len(shape) else given.array[np.newaxis]
    sizes_fit = (wanted in (None, size) for wanted, size in zip(shape, array.shape))
    if array.ndim != len(shape) or not all(sizes_fit):
        raise Mistake(f"{takes}; got {shape_text(given.array.shape)}")
    if tensor["dtype"] == "string" or array.dtype.kind not in "biuf":
        raise Mistake(f"{takes}, and this program gives numbers only")
    dtype = np.dtype(tensor["dtype"])
    if quantization is not None:
        return (
            array
            if given.stored
            else quantize(values=array, dtype=dtype, name=name, quantization=quantization)
        )
    with np.errstate(invalid="ignore"):
        cast = array.astype(dtype)
    if dtype.kind != "f" and not np.array_equal(cast, array):
        raise Mistake(f"{takes}; got values that {dtype.name} cannot hold")
    return cast


def shape_text(shape: Sequence[int | None]) -> str:
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def quantize(
    values: np.ndarray, dtype: np.dtype, name: str, quantization: Mapping[str, Any]
) -> np.ndarray:
    """Real values as they are stored: rounded half away from zero and saturated."""
    if not np.isfinite(values).all():
        raise Mistake(f"the input `{name}` is quantized and holds no NaN or infinity")
    (scale,), (zero_point,) = quantization["scales"], quantization["zero_points"]
    scaled = (values.astype(np.float32) / np.float32(scale)).astype(np.float64)
    rounded = np.copysign(np.floor(np.abs(scaled) + 0.5), scaled) + zero_point
    limits = np.iinfo(dtype)
    beyond = np.mean((rounded < limits.min - 1) | (rounded > limits.max + 1))
    if beyond:
        note = f"{beyond:.0%} of the values for `{name}` are beyond what it can store"
        print(f"predict: {note}: scale them as in training", file=sys.stderr)
    return np.clip(rounded, limits.min, limits.max).astype(dtype)


def dequantize(stored: np.ndarray, tensor: Mapping[str, Any]) -> np.ndarray:
    """The real values of what an output stores."""
    if tensor["quantization"] is None:
        return stored
    (scale,), (zero_point,) = (tensor["quantization"][key] for key in ("scales", "zero_points"))
    return (np.float32(scale) * (stored.astype(np.int64) - zero_point)).astype(np.float32)


def best_labels(output: np.ndarray, labels: Sequence[str], top: int) -> list[list[dict[str, Any]]]:
    """For each sample the `top` labels of highest score; nothing for an output of no scores."""
    if not labels or output.dtype.kind not in "iuf" or output.shape[-1:] != (len(labels),):
        return []
    rows = output.reshape(-1, len(labels)).astype(np.float64)
    if len(rows) not in (1, output.shape[0]):
        return []
    order = np.argsort(-rows, axis=1, kind="stable")[:, :top]
    return [
        [{"label": labels[index], "score": row[index].item()} for index in indices]
        for row, indices in zip(rows, order)
    ]


def to_json(value: Any) -> Any:
    """Nested lists of an array's elements as JSON has them: null for what is no finite number."""
    if isinstance(value, list):
        return [to_json(element) for element in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if isinstance(value, float) and not np.isfinite(value) else value


def print_results(
    outputs: Mapping[str, np.ndarray], labels: Sequence[str], options: argparse.Namespace
) -> None:
    best = {name: best_labels(output, labels, options.top) for name, output in outputs.items()}
    if options.json:
        values = {name: to_json(output.tolist()) for name, output in outputs.items()}
        print(json.dumps({"best": best, "outputs": values}, sort_keys=True, ensure_ascii=False))
        return
    for name, output in outputs.items():
        text = np.array2string(output, separator=", ", threshold=64, max_line_width=1_000_000)
        print(f"{name} = {' '.join(text.split())}")
        for number, sample in enumerate(best[name]):
            if len(best[name]) > 1:
                print(f"  sample {number}")
            for entry in sample:
                print(f"  {entry['score']:.4g}  {entry['label']}")


def print_models(models: Mapping[str, Any]) -> None:
    for name, model in models.items():
        print(f"{name}: {model['file']}, {model['bytes']:,} bytes")
        for key, signature in signatures_of(model).items():
            print(f"  signature {key}")
            for kind, tensors in (("input", signature.inputs), ("output", signature.outputs)):
                for tensor_name, it in tensors.items():
                    shape = shape_text(it["shape_signature"])
                    print(f"    {kind + ':':<8}{tensor_name}  {it['dtype']} {shape}")


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is no whole number of 1 or more")
    return int(text)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="predict.py",
        description="Runs a model of this folder and prints what it predicts.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("input", metavar="INPUT", nargs="?", help="without: lists the models")
    parser.add_argument("--model", metavar="NAME", help="needed where there are several")
    parser.add_argument(
        "--signature", metavar="NAME", help="default: serving_default, or the first"
    )
    parser.add_argument("--scale", type=float, help="multiply a picture's pixels by this")
    parser.add_argument("--offset", type=float, help="then add this")
    parser.add_argument("--top", type=positive, default=5, help="labels to print (default: 5)")
    parser.add_argument("--threads", type=positive, default=1, help="default: 1")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    return parser.parse_args(arguments)


def predict(options: argparse.Namespace) -> None:
    """Does what the command line asks for. Raises Mistake."""
    models = read_models()
    if options.input is None:
        print_models(models)
        return
    model = find_model(models, options.model)
    signature = find_signature(model, options.signature)
    labels = read_intact(model["labels"]).decode().splitlines() if model["labels"] else []
    given = read_input(options.input, signature, options)
    feed = {name: to_stored(given[name], name, it) for name, it in signature.inputs.items()}
    try:
        stored = run(load_interpreter(model, options.threads), signature, feed)
    except (RuntimeError, ValueError) as error:
        raise Mistake(f"LiteRT refuses the model: {' '.join(str(error).split())}") from error
    outputs = {name: dequantize(stored[name], it) for name, it in signature.outputs.items()}
    print_results(outputs, labels, options)


def main(arguments: Sequence[str]) -> int:
    try:
        predict(parse_arguments(arguments))
    except Mistake as error:
        print(f"predict: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
