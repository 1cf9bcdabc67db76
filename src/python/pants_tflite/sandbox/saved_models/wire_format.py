# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Reads the protobuf wire format: TensorFlow's own classes take seconds to import."""

from __future__ import annotations

from typing import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class WireError(ValueError):
    """Bytes are not a protobuf message."""


def varint(data: memoryview, position: int) -> tuple[int, int]:
    """The number of variable length at `position`, and the position behind it."""
    value = shift = 0
    while position < len(data) and shift < 64:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise WireError("a number has no end")


def _values(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The number of each field of a message, and its number of variable length or its bytes."""
    position = 0
    while position < len(data):
        tag, position = varint(data, position)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, position = varint(data, position)
            yield number, value
        elif kind in (_FIXED64, _FIXED32):
            position += 8 if kind == _FIXED64 else 4
        elif kind == _BYTES:
            size, position = varint(data, position)
            if position + size > len(data):
                raise WireError("a field ends behind the end of its message")
            yield number, data[position : position + size]
            position += size
        else:
            raise WireError(f"a field has the unknown wire type {kind}")


def fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The number and the content of each field of a message that has bytes: text or another message."""
    for number, value in _values(data):
        if isinstance(value, memoryview):
            yield number, value


def varints(data: memoryview) -> Iterator[tuple[int, int]]:
    """The number of each field of a message that has a number of variable length, and that number."""
    for number, value in _values(data):
        if isinstance(value, int):
            yield number, value


def messages(data: memoryview, number: int) -> Iterator[memoryview]:
    """The contents of the fields called `number`."""
    return (content for field, content in fields(data) if field == number)


def text(data: memoryview, number: int) -> str:
    """The text of the last field called `number`, or nothing."""
    found = ""
    for content in messages(data, number):
        found = bytes(content).decode("utf-8", "replace")
    return found
