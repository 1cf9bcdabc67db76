# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A `.tflite` file as mutable objects, and those as one self-contained flatbuffer."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from pants_tflite.sandbox.constants import MODEL_ALIGNMENT, MODEL_IDENTIFIER
from pants_tflite.sandbox.harness import UserError


class _AlignedBuffer(schema.BufferT):
    """A buffer whose bytes stand inside the flatbuffer, aligned as the schema says.

    The generated Python code does not heed it.
    """

    def Pack(self, builder: flatbuffers.Builder) -> int:
        data = None if self.data is None else np.frombuffer(self.data, np.uint8).tobytes()
        if data is not None:
            builder.StartVector(1, len(data), MODEL_ALIGNMENT)
            builder.head -= len(data)
            builder.Bytes[builder.head : builder.head + len(data)] = data
            vector = builder.EndVector()
        schema.BufferStart(builder)
        if data is not None:
            schema.BufferAddData(builder, vector)
        return schema.BufferEnd(builder)


def unpack(content: bytes, *, field: str) -> Any:
    """The `ModelT` in a `.tflite` file's bytes, with the data of every buffer in its `data`.

    Raises UserError, blaming `field`, where the bytes are no such file.
    """
    if content[4:8] == MODEL_IDENTIFIER:
        try:
            return flatbuffer_utils.read_model_from_bytearray(bytearray(content))
        except Exception as error:
            detail = f"{type(error).__name__}: {error}"
    else:
        detail = f"The first bytes are {content[:8]!r}."
    raise UserError(
        f"the model, of {len(content)} bytes, is no .tflite file, or a damaged one",
        field=field,
        fix="Build or download the file again, and compare its sha256.",
        detail=detail,
    )


def pack(model: Any) -> bytes:
    """The bytes of a `.tflite` file that holds all of `model`'s data inside its flatbuffer.

    A quantizer may leave large buffers behind the flatbuffer, where TFLite Micro, among others,
    does not look: it computes with garbage and reports success.
    """
    model.buffers = [_AlignedBuffer(data=buffer.data) for buffer in model.buffers]
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), file_identifier=MODEL_IDENTIFIER)
    return bytes(builder.Output())


def drop_metadata(model: Any, names: tuple[str, ...]) -> None:
    """Removes the entries called `names` and the buffers that hold them from `model`."""
    kept = []
    for entry in model.metadata or []:
        name = entry.name.decode() if isinstance(entry.name, bytes) else entry.name
        if name in names:
            model.buffers[entry.buffer].data = None
        else:
            kept.append(entry)
    model.metadata = kept
