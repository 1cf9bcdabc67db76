# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which part of a file two runs made differently: a variable, a tensor, a function, a member."""

from __future__ import annotations

import io
import tarfile
import zipfile
from itertools import zip_longest
from typing import Iterator, Mapping, Optional

from pants_tflite.sandbox.reproduction.tensor_bundles import CorruptIndex, find_variable
from pants_tflite.sandbox.saved_models.wire_format import WireError, messages, text
from pants_tflite.sandbox.tflite.checked_flatbuffer import CorruptModel
from pants_tflite.sandbox.tflite.flatbuffer_model import Tensor
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.schema import load_schema

_SCHEMA = load_schema()
_ARCHIVES = (".zip", ".aar", ".jar", ".whl", ".npz", ".keras")
_TARS = (".tar.gz", ".tgz", ".tar")
_DATA = ".data-"
# Numbers of protobuf fields: SavedModel, MetaGraphDef, GraphDef, FunctionDefLibrary and FunctionDef.
_META_GRAPHS, _GRAPH, _LIBRARY, _FUNCTIONS, _SIGNATURE, _NAME = 2, 2, 2, 1, 1, 1


def _zip_members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _tar_members(data: bytes) -> dict[str, bytes]:
    members = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            file = archive.extractfile(member)
            members[member.name] = b"" if file is None else file.read()
    return members


def _differing_member(first: dict[str, bytes], second: dict[str, bytes]) -> str:
    for name in sorted({*first, *second}):
        if first.get(name) != second.get(name):
            return f"the member `{name}`"
    return "the order or the headers of its members"


def _content(data: bytes, tensor: Tensor) -> bytes:
    """The value of a constant, as it stands in the file."""
    buffer = _SCHEMA.Model.GetRootAs(data).Buffers(tensor.buffer)
    return bytes(buffer.DataAsNumpy()) if buffer.DataLength() else b""


def _model_part(data: bytes, other_data: bytes) -> str:
    first, second = parse_model(data), parse_model(other_data)
    for index, (graph, other) in enumerate(zip(first.subgraphs, second.subgraphs)):
        for tensor, twin in zip_longest(graph.tensors, other.tensors):
            if tensor != twin or _content(data, tensor) != _content(other_data, twin):
                return f"the tensor `{(tensor or twin).name}` of graph {index}"
        for op, twin_op in zip_longest(graph.ops, other.ops):
            if op != twin_op:
                return f"the op {(op or twin_op).code.name} of graph {index}"
    fields = ("description", "metadata", "signatures", "op_codes", "min_runtime_version")
    for field in fields:
        if getattr(first, field) != getattr(second, field):
            return f"the model's `{field}`"
    return "the order of the file's parts"


def _functions(data: bytes) -> Iterator[tuple[str, bytes]]:
    for meta_graph in messages(memoryview(data), _META_GRAPHS):
        for graph in messages(meta_graph, _GRAPH):
            for library in messages(graph, _LIBRARY):
                for function in messages(library, _FUNCTIONS):
                    for signature in messages(function, _SIGNATURE):
                        yield text(signature, _NAME), bytes(function)


def _function_part(first: bytes, second: bytes) -> str:
    for function, twin in zip_longest(_functions(first), _functions(second)):
        if function != twin:
            return f"the function `{(function or twin)[0]}`"
    return "what the SavedModel holds beside its functions"


def _variable_part(path: str, files: Mapping[str, bytes], offset: int) -> str:
    index = files.get(f"{path.partition(_DATA)[0]}.index")
    name = None if index is None else find_variable(index, offset)
    return "" if name is None else f"the variable `{name}`"


def _known_part(
    path: str, first: Mapping[str, bytes], second: Mapping[str, bytes], offset: int
) -> Optional[str]:
    one, other = first[path], second[path]
    if path.endswith(_ARCHIVES):
        return _differing_member(_zip_members(one), _zip_members(other))
    if path.endswith(_TARS):
        return _differing_member(_tar_members(one), _tar_members(other))
    if path.endswith(".tflite"):
        return _model_part(one, other)
    if path.endswith("saved_model.pb"):
        return _function_part(one, other)
    if _DATA in path:
        return _variable_part(path, first, offset)
    return None


def differing_part(
    path: str, first: Mapping[str, bytes], second: Mapping[str, bytes], offset: int
) -> str:
    """The part of the file `path` that differs, by what kind of file it is, or '' if that is not known.

    `first` and `second` are all files of both runs; `offset` is the first byte that differs.
    """
    try:
        return _known_part(path, first, second, offset) or ""
    except (
        CorruptIndex,
        CorruptModel,
        WireError,
        zipfile.BadZipFile,
        tarfile.TarError,
        UnicodeDecodeError,
    ):
        return ""
