# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writes TFLite Metadata into a model, as ML Kit, the Task Library and MediaPipe read it.

The tables are a buffer in the model; label files are in a ZIP archive behind the flatbuffer. Such a
file is a model and an archive at once: runtimes look at its beginning, archivers at its end.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Mapping

from ai_edge_litert import schema_py_generated as schema

from pants_tflite.sandbox.constants import ZIP_EPOCH
from pants_tflite.sandbox.harness import OUTPUT_DIR, run
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import Dataset
from pants_tflite.sandbox.tflite import metadata_tables as tables
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.inspect_model import read_users_model
from pants_tflite.sandbox.tflite.metadata_plan import describe
from pants_tflite.sandbox.tflite.metadata_samples import check_samples
from pants_tflite.sandbox.tflite.packing import pack, unpack
from pants_tflite.sandbox.tflite.write_metadata_protocol import MetadataRequest

METADATA_NAME = "TFLITE_METADATA"
_FILE_MODE = 0o100644


def append_files(content: bytes, files: Mapping[str, bytes]) -> bytes:
    """A model's bytes with a ZIP archive behind them; readers want the files in it uncompressed."""
    if not files:
        return content
    stream = io.BytesIO()
    stream.write(content)
    # Offsets in the archive are those in the whole file.
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(name, ZIP_EPOCH)
            info.create_system = 3
            info.external_attr = _FILE_MODE << 16
            archive.writestr(info, data)
    return stream.getvalue()


def add_metadata(content: bytes, metadata: bytes, *, field: str) -> bytes:
    """A model's bytes with a metadata buffer in the flatbuffer."""
    model = unpack(content, field=field)
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = metadata
    entry.name, entry.buffer = METADATA_NAME, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    return pack(model)


def check_has_none(model: Model, content: bytes, request: MetadataRequest) -> None:
    """Raises Mistake if the model has metadata or associated files, which would be lost."""
    is_archive = zipfile.is_zipfile(io.BytesIO(content))
    if METADATA_NAME in model.metadata or is_archive:
        raise Mistake(
            "the model already has "
            + (
                "TFLite Metadata" if METADATA_NAME in model.metadata else "a ZIP archive at its end"
            ),
            field=request.field,
            fix=f"Leave `{request.field}` out, or begin with a model without it.",
        )


def write_metadata(content: bytes, model: Model, request: MetadataRequest) -> bytes:
    """The bytes of the model with its metadata."""
    metadata = request.metadata
    described = describe(model, metadata, field=request.field)
    if described.image is not None and request.dataset is not None:
        check_samples(
            Dataset.read(Path(request.dataset)),
            described.image,
            mean=metadata.mean,
            std=metadata.std,
            field=request.field,
            dataset_field=request.dataset_field,
        )
    field = request.source or request.field
    packed = add_metadata(content, tables.render(described.root), field=field)
    return append_files(packed, described.files)


def main(request: MetadataRequest) -> None:
    path = Path(request.model)
    content = path.read_bytes()
    model = read_users_model(path, content, request.source)
    check_has_none(model, content, request)
    (OUTPUT_DIR / path.name).write_bytes(write_metadata(content, model, request))


if __name__ == "__main__":
    run(main, MetadataRequest)
