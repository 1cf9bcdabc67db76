# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which variable of a checkpoint is at an offset, by its index: TensorFlow's `tensor_bundle.proto` in a
table as LevelDB's `table_format.md` describes it, which TensorFlow does not compress."""

from __future__ import annotations

import struct
from typing import Iterator, Optional

from pants_tflite.sandbox.saved_models.wire_format import WireError, varint, varints

_FOOTER = 48
_MAGIC = 0xDB4775248B80FB57
# Of a BundleEntryProto.
_OFFSET, _SIZE = 4, 5


class CorruptIndex(ValueError):
    """Bytes are not the index of a checkpoint."""


def _entries(block: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The keys and values of a block; a key shares its start with the one before."""
    (restarts,) = struct.unpack_from("<I", block, len(block) - 4)
    end = len(block) - 4 * (restarts + 1)
    position, key = 0, b""
    while position < end:
        shared, position = varint(block, position)
        unshared, position = varint(block, position)
        size, position = varint(block, position)
        key = key[:shared] + bytes(block[position : position + unshared])
        position += unshared
        yield key, block[position : position + size]
        position += size


def _block(data: memoryview, handle: memoryview) -> memoryview:
    offset, position = varint(handle, 0)
    size, _ = varint(handle, position)
    if offset + size > len(data):
        raise CorruptIndex("a block ends behind the end of the file")
    return data[offset : offset + size]


def _variables(index: bytes) -> Iterator[tuple[str, int, int]]:
    data = memoryview(index)
    if len(data) < _FOOTER or struct.unpack_from("<Q", data, len(data) - 8)[0] != _MAGIC:
        raise CorruptIndex("it does not end as a table does")
    footer = data[-_FOOTER:]
    _, position = varint(footer, 0)
    _, position = varint(footer, position)
    for _, handle in _entries(_block(data, footer[position:])):
        for key, entry in _entries(_block(data, handle)):
            if key:
                numbers = dict(varints(entry))
                yield key.decode(), numbers.get(_OFFSET, 0), numbers.get(_SIZE, 0)


def find_variable(index: bytes, offset: int) -> Optional[str]:
    """The name of the variable whose content has the byte at `offset`; None if it is none's.

    Raises CorruptIndex if `index` is not one.
    """
    try:
        for name, start, size in _variables(index):
            if start <= offset < start + size:
                return name
    except (struct.error, WireError) as error:
        raise CorruptIndex(str(error)) from error
    return None
