# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writes the files that the fuzzers start from: a few small and intact ones for each reader.

PYTHONPATH=src/python:. python3 -m tests.fuzzing.write_corpus
"""

from __future__ import annotations

import io
import json
import stat
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Iterator

import numpy as np

from pants_tflite.sandbox.constants import ZIP_EPOCH
from pants_tflite.sandbox.modes import MODES
from pants_tflite.sandbox.quantization.recipes import mode_recipe
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.testing.small_models import (
    OpSpec,
    SignatureSpec,
    TensorSpec,
    build_model,
)
from tests.fuzzing.readers import CORPUS

_KERNEL = "extern float scale(float);\nfloat twice(float x) { return scale(2 * x); }\n"


def models() -> Iterator[tuple[str, bytes]]:
    tensors = [
        TensorSpec("x", (None, 2)),
        TensorSpec("w", (3, 2), value=0.5),
        TensorSpec("b", (3,), value=1.0),
        TensorSpec("y", (None, 3)),
    ]
    dense = OpSpec("FULLY_CONNECTED", ("x", "w", "b"), ("y",))
    signature = SignatureSpec({"x": "x"}, {"y": "y"})
    yield "dense", build_model(tensors, [dense], {"serving_default": signature})
    quantized = [
        TensorSpec("x", (1, 2), "int8", scale=0.5, zero_point=3),
        TensorSpec("h", (1, 2)),
        TensorSpec("y", (1, 2), "int8", scale=0.25, zero_point=-1),
    ]
    ops = [OpSpec("DEQUANTIZE", ("x",), ("h",)), OpSpec("Twice", ("h",), ("y",), custom=True)]
    yield "int8_custom", build_model(quantized, ops)


def _field(number: int, content: bytes) -> bytes:
    """A field of a protobuf message that has fewer than 128 bytes of content."""
    assert number < 16 and len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def saved_model() -> bytes:
    """A SavedModel whose signature calls a function."""
    tensor = _field(1, b"y") + _field(2, _field(1, b"call:0"))
    signature = _field(1, b"serving_default") + _field(2, _field(2, tensor))
    body = _field(1, b"z") + _field(2, b"Relu") + _field(3, b"x")
    returned = _field(4, _field(1, b"y") + _field(2, b"z:0"))
    function = _field(1, _field(1, b"f")) + _field(3, body) + returned
    call = _field(1, b"call") + _field(2, b"f") + _field(3, b"^x")
    graph = _field(1, call) + _field(2, _field(1, function))
    return b"\x08\x01" + bytes([2 << 3 | 2]) + _with_size(_message(graph, signature))


def _message(graph: bytes, signature: bytes) -> bytes:
    return bytes([2 << 3 | 2]) + _with_size(graph) + bytes([5 << 3 | 2]) + _with_size(signature)


def _with_size(content: bytes) -> bytes:
    """The content after its length, of two bytes."""
    return bytes([len(content) & 0x7F | 0x80, len(content) >> 7]) + content


def npz_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    path = folder / "x.npz"
    write_npz(path, {"input/x": np.ones((2, 2), np.float32), "label": np.array([0, 1])})
    yield "dataset", path.read_bytes()
    write_npz(path, {"x": np.array([["a", "größe"]])})
    yield "text", path.read_bytes()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        content = io.BytesIO()
        np.lib.format.write_array(content, np.asfortranarray(np.ones((3, 2), np.int8)))
        archive.writestr(zipfile.ZipInfo("x.npy", ZIP_EPOCH), content.getvalue())
    yield "compressed", stream.getvalue()


def keras_files() -> Iterator[tuple[str, bytes]]:
    lambda_layer = {"class_name": "Lambda", "config": {"name": "twice", "function_type": "lambda"}}
    config = {"class_name": "Sequential", "config": {"name": "m", "layers": [lambda_layer]}}
    content = json.dumps({**config, "keras_version": "3.15.1"}).encode()
    yield "config", content
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("config.json", "metadata.json"):
            archive.writestr(zipfile.ZipInfo(name, ZIP_EPOCH), content)
    yield "archive", stream.getvalue()


def binaries(folder: Path) -> Iterator[tuple[str, bytes]]:
    (folder / "kernel.c").write_text(_KERNEL)
    flags = ("-Os", "-g0", "-fno-asynchronous-unwind-tables", "-fno-ident")
    subprocess.run(["cc", *flags, "-c", "kernel.c"], cwd=folder, check=True)
    yield "object", (folder / "kernel.o").read_bytes()
    subprocess.run(["ar", "rcsD", "libkernel.a", "kernel.o"], cwd=folder, check=True)
    yield "library", (folder / "libkernel.a").read_bytes()
    # A universal file whose only slice is not what it should be.
    table = b"".join(n.to_bytes(4, "big") for n in (0xCAFEBABE, 1, 0x0100000C, 0, 28, 4, 0))
    yield "universal", table + b"\xcf\xfa\xed\xfe"


def archives() -> Iterator[tuple[str, bytes]]:
    link = zipfile.ZipInfo("folder/link", ZIP_EPOCH)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    for name, method in (("zip", zipfile.ZIP_STORED), ("deflated_zip", zipfile.ZIP_DEFLATED)):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(zipfile.ZipInfo("a.h", ZIP_EPOCH), _KERNEL, method)
            archive.writestr(link, "../a.h", method)
        yield name, stream.getvalue()
    # Python writes the time of writing into a `.tar.gz`.
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:xz") as tar:
        _fill(tar)
    yield "tar_xz", stream.getvalue()
    # Without the blocks of zeros that fill it up.
    header = tarfile.TarInfo("a.h")
    header.size = 1
    target = tarfile.TarInfo("folder/link")
    target.type, target.linkname = tarfile.SYMTYPE, "../a.h"
    yield "tar", header.tobuf() + b"a".ljust(tarfile.BLOCKSIZE, b"\0") + target.tobuf()


def _fill(tar: tarfile.TarFile) -> None:
    header = tarfile.TarInfo("a.h")
    header.size = len(_KERNEL)
    tar.addfile(header, io.BytesIO(_KERNEL.encode()))
    for name, kind in (("link", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE)):
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "a.h"
        tar.addfile(member)


def recipes() -> Iterator[tuple[str, bytes]]:
    for mode in MODES:
        entries = mode_recipe(mode)
        if entries:
            yield mode.name, json.dumps(entries).encode()
    yield "samples", json.dumps({"calibration_samples": 3, "entries": []}).encode()


def write_corpus(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """The reader, the name and the content of each file; `folder` is for files on the way."""
    yield "saved_model", "function", saved_model()
    yield "labels", "classes", "cat\ndog\ngröße\n".encode()
    yield "json_input", "list", b"[[1.5, 2]]"
    yield "json_input", "object", b'{"x": [["a", "b"]]}'
    for name, content in models():
        yield "tflite", name, content
    for reader, files in (
        ("npz", npz_files(folder)),
        ("keras", keras_files()),
        ("binary", binaries(folder)),
        ("archive", archives()),
        ("recipe", recipes()),
    ):
        for name, content in files:
            yield reader, name, content


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for reader, name, content in write_corpus(Path(folder)):
            path = CORPUS / reader / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


if __name__ == "__main__":
    main()
