# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Reading a flatbuffer that may be damaged: every access stays inside the file and comes to an end.

The generated accessors trust the file. They check neither its identifier nor where a string ends,
and they would follow a vector of four billion elements one by one.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence, Type

from pants_tflite.sandbox.constants import MODEL_IDENTIFIER

# The root's offset and the identifier.
_HEADER_BYTES = 8


class CorruptModel(ValueError):
    """A file is not an intact TensorFlow Lite model; the text completes "because …"."""


@dataclass
class CheckedFlatbuffer:
    """A file's content, and the number of elements that can still be in it."""

    data: bytes
    string_slots: Mapping[type, int]
    remaining: int

    @classmethod
    @contextmanager
    def reading(
        cls, data: bytes, root_type: Type[Any], string_slots: Mapping[type, int]
    ) -> Iterator[tuple[CheckedFlatbuffer, Any]]:
        """The file and its root table; errors while reading them become CorruptModel.

        `string_slots` says, for each type of table with a name, where its vtable points to it.
        """
        if len(data) < _HEADER_BYTES:
            raise CorruptModel(f"it has only {len(data)} bytes")
        if data[4:8] != MODEL_IDENTIFIER:
            raise CorruptModel(_foreign(data))
        (offset,) = struct.unpack_from("<I", data)
        if not _HEADER_BYTES <= offset <= len(data) - 4:
            raise CorruptModel(f"its root lies at {offset}, outside of its {len(data)} bytes")
        root = root_type()
        try:
            root.Init(data, offset)
            # Each element takes at least a byte, so a file cannot have more elements than bytes.
            yield cls(data, string_slots, len(data)), root
        except CorruptModel:
            raise
        except (struct.error, TypeError, ValueError, IndexError, OverflowError) as error:
            raise CorruptModel(f"an offset in it leads nowhere: {error}") from error

    def _spend(self, count: int) -> None:
        self.remaining -= count
        if self.remaining < 0:
            raise CorruptModel("it claims to hold more elements than it has bytes")

    def tables(self, table: Any, field: str) -> list[Any]:
        """The tables in the vector `field` of `table`, none if it is absent."""
        count = getattr(table, f"{field}Length")()
        self._spend(count)
        return [getattr(table, field)(index) for index in range(count)]

    def numbers(self, table: Any, field: str) -> list[Any]:
        """The numbers in the vector `field` of `table`, none if it is absent."""
        if getattr(table, f"{field}IsNone")():
            return []
        array = getattr(table, f"{field}AsNumpy")()
        self._spend(array.size)
        return array.tolist()

    def text(self, table: Any) -> str:
        """The name that `table` has, empty if it has none."""
        where = table._tab.Offset(self.string_slots[type(table)])
        if not where:
            return ""
        start = table._tab.Vector(where)
        end = start + table._tab.VectorLen(where)
        if self.data[end : end + 1] != b"\0":
            raise CorruptModel("a name in it does not end where it should")
        content = self.data[start:end]
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise CorruptModel(f"the name {content!r} in it is not in UTF-8") from error

    @staticmethod
    def check_index(index: int, items: Sequence[Any], what: str) -> int:
        """Returns `index`; raises CorruptModel unless it is one of `items`."""
        if not 0 <= index < len(items):
            raise CorruptModel(f"it refers to {what} {index}, but has {len(items)}")
        return index


def _foreign(data: bytes) -> str:
    start = data[:512].lstrip()
    if start.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer: fetch the file itself with `git lfs pull`"
    if start.startswith(b"<"):
        return "it is a web page, not the file that was to be downloaded"
    for magic, kind in ((b"PK\x03\x04", "zip archive"), (b"\x1f\x8b", "gzip file")):
        if start.startswith(magic):
            return f"it is a {kind}: unpack it first"
    return f"its identifier is {data[4:8]!r}, not {MODEL_IDENTIFIER!r}"
