# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What reads files that come from elsewhere, by name: each takes the bytes of one.

A reader returns for a file that is refused as it should be: by the error that callers turn into a message
with an address. Whatever else it raises is a finding.
"""

from __future__ import annotations

import functools
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Callable, Mapping

import numpy as np

from pants_tflite.sandbox.archives.archive_checks import check_archive
from pants_tflite.sandbox.archives.archive_entries import ARCHIVES, BadArchive, starts_as
from pants_tflite.sandbox.binaries.binary_reader import UnknownBinary, read_images
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.prediction.class_names import read_labels
from pants_tflite.sandbox.prediction.pictures import Pixels
from pants_tflite.sandbox.prediction.tensor_values import (
    BadInput,
    saturation_note,
    stored_samples,
)
from pants_tflite.sandbox.prediction.user_input import parse_inputs
from pants_tflite.sandbox.quantization.recipes import load_recipe, read_recipe
from pants_tflite.sandbox.saved_models.keras_files import check_keras_file
from pants_tflite.sandbox.saved_models.list_graph_ops import list_graph_ops
from pants_tflite.sandbox.saved_models.wire_format import WireError
from pants_tflite.sandbox.tflite.checked_flatbuffer import CorruptModel
from pants_tflite.sandbox.tflite.flatbuffer_model import Quantization, Signature, Tensor
from pants_tflite.sandbox.tflite.inspect_model import describe_model
from pants_tflite.sandbox.tflite.list_ops import list_ops
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.packing import pack, unpack
from pants_tflite.sandbox.tflite.quantized_values import dequantize, quantize
from pants_tflite.sandbox.tflite.weigh_model import weigh

# A folder of files for each reader. Those that once broke it are called `found_…`.
CORPUS = Path(__file__).with_name("corpus")
_MOST_ELEMENTS = 4096
_FIELD = "source"


@functools.lru_cache(maxsize=None)
def _folder() -> Path:
    """Where a reader of files finds one."""
    return Path(tempfile.mkdtemp(prefix="fuzzing-"))


def _file(name: str, data: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(data)
    return path


def read_tflite(data: bytes) -> None:
    try:
        model = parse_model(data)
    except CorruptModel:
        return
    describe_model(model, "").render()
    list_ops(model).render()
    weigh(model).render()
    for signature in model.callables:
        for _, tensor in (*signature.inputs, *signature.outputs):
            if tensor.quantization is not None and tensor.elements <= _MOST_ELEMENTS:
                stored = quantize(np.zeros(tensor.shape, np.float32), tensor)
                assert stored.shape == dequantize(stored, tensor).shape == tensor.shape
    # As programs do that change a model, which they have inspected.
    try:
        unpacked = unpack(data, field=_FIELD)
    except Mistake:
        return
    parse_model(pack(unpacked))


def read_saved_model(data: bytes) -> None:
    try:
        list_graph_ops(data).render()
    except WireError:
        return


def read_npz(data: bytes) -> None:
    _read_input(str(_file("given.npz", data)))


def read_json_input(data: bytes) -> None:
    text = data.decode(errors="replace")
    # A dash stands for standard input.
    if text != "-":
        _read_input(text)


def _read_input(text: str) -> None:
    """Takes an input for a model as `pants run` does, for each kind of tensor."""
    for tensor in _TENSORS:
        signature = Signature("serving_default", 0, (("x", tensor),), ())
        try:
            given = parse_inputs([text], signature, Pixels(None, None))
            for name, value in given.values.items():
                stored_samples(value, name, tensor)
                saturation_note(value, name, tensor)
        except BadInput:
            continue


def _tensor(dtype: str, quantization: Quantization | None = None) -> Tensor:
    return Tensor(
        name="x",
        shape=(1, 2),
        shape_signature=(None, 2),
        dtype=dtype,
        quantization=quantization,
        constant=False,
        buffer=0,
    )


_TENSORS = (
    _tensor("float32"),
    _tensor("int32"),
    _tensor("string"),
    _tensor("int8", Quantization((0.5,), (3,), 0)),
)


def read_label_file(data: bytes) -> None:
    try:
        read_labels(_file("labels.txt", data))
    except BadInput:
        return


def read_recipe_file(data: bytes) -> None:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return
    try:
        load_recipe(read_recipe(content).entries)
    except Mistake:
        return


def read_keras(data: bytes) -> None:
    """A `.keras` archive, or the JSON that is in one."""
    if not data.startswith(b"PK"):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("config.json", data)
            archive.writestr("metadata.json", data)
        data = stream.getvalue()
    path = _file("model.keras", data)
    try:
        check_keras_file(path, allow_code=False)
    except Mistake:
        return


def read_binary(data: bytes) -> None:
    try:
        read_images(data)
    except UnknownBinary:
        return


def read_archive(data: bytes) -> None:
    """An archive of the kind that it begins as; all else may be a tar."""
    kind = next(kind for kind in ARCHIVES if starts_as(kind, data) or kind == ".tar")
    try:
        check_archive(f"given{kind}", data)
    except BadArchive:
        return


READERS: Mapping[str, Callable[[bytes], Any]] = {
    "archive": read_archive,
    "binary": read_binary,
    "json_input": read_json_input,
    "keras": read_keras,
    "labels": read_label_file,
    "npz": read_npz,
    "recipe": read_recipe_file,
    "saved_model": read_saved_model,
    "tflite": read_tflite,
}
