# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Reading and writing `.npz` files some rows at a time, so that memory does not grow with their number."""

from __future__ import annotations

import math
import os
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Iterator, Mapping

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import (
    INPUT_PREFIX,
    LABEL,
    SEQUENCE,
    Dataset,
    to_stored,
    write_npz,
)
from pants_tflite.sandbox.samples.row_files import RowFile

# What is read at a time, unless a single row is larger.
_BYTES_AT_A_TIME = 8 << 20
_SUFFIX = ".npy"
# In an entry's own header: the lengths of its name and of what follows, two bytes each. Reading by hand
# what is stored as it is takes half the time: `zipfile` copies it twice and sums it up.
_NAME_LENGTHS_OFFSET = 26


@dataclass(frozen=True)
class _StoredArray:
    """Where an array's rows are in a file, and what they are."""

    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype

    @classmethod
    def find(cls, file: IO[bytes], entry: zipfile.ZipInfo) -> _StoredArray:
        assert entry.compress_type == zipfile.ZIP_STORED, "write_npz compresses nothing"
        file.seek(entry.header_offset + _NAME_LENGTHS_OFFSET)
        lengths = struct.unpack("<HH", file.read(4))
        file.seek(sum(lengths), os.SEEK_CUR)
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, is_fortran, dtype = read(file)
        assert not is_fortran, "write_npz stores rows after each other"
        return cls(file.tell(), shape, dtype)

    @property
    def row_bytes(self) -> int:
        return self.dtype.itemsize * math.prod(self.shape[1:])

    def read(self, file: IO[bytes], start: int, rows: int) -> np.ndarray:
        file.seek(self.offset + start * self.row_bytes)
        count = rows * math.prod(self.shape[1:])
        return np.fromfile(file, self.dtype, count).reshape(rows, *self.shape[1:])


class DatasetReader:
    """The samples of a `dataset.npz`, read from the first to the last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            found = {
                entry.filename[: -len(_SUFFIX)]: _StoredArray.find(file, entry)
                for entry in archive.infolist()
            }
        self.sequence = found.pop(SEQUENCE, None) is not None
        self._arrays = found

    def __len__(self) -> int:
        return next(array.shape[0] for array in self._arrays.values())

    def rows_at_a_time(self, multiple: int = 1) -> int:
        """How many samples a part has by default, a `multiple` of the size of a batch."""
        size = max(1, sum(array.row_bytes for array in self._arrays.values()))
        return max(1, _BYTES_AT_A_TIME // size // multiple) * multiple

    def parts(self, count: int, rows: int) -> Iterator[Dataset]:
        """The first `count` samples in parts of so many `rows`, the last of which may be smaller."""
        count = min(count, len(self))
        with self._path.open("rb") as file:
            for start in range(0, count, rows):
                size = min(rows, count - start)
                arrays = {
                    name: array.read(file, start, size) for name, array in self._arrays.items()
                }
                yield Dataset(
                    inputs={
                        name[len(INPUT_PREFIX) :]: array
                        for name, array in arrays.items()
                        if name.startswith(INPUT_PREFIX)
                    },
                    label=arrays.get(LABEL),
                    sequence=self.sequence,
                )


class NpzWriter:
    """Writes an `.npz` file whose arrays come in rows, as `write_npz` writes whole ones."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._arrays: dict[str, RowFile] = {}
        # The types as the rows have them; text is stored in another one.
        self._dtypes: dict[str, np.dtype] = {}

    def __enter__(self) -> NpzWriter:
        return self

    def add(self, rows: Mapping[str, np.ndarray]) -> None:
        """Appends rows to each array. Raises Mistake if their shape is not that of rows before."""
        for name, array in rows.items():
            stored = to_stored(array)
            if name not in self._arrays:
                part = self._path.with_name(f"{self._path.name}.{len(self._arrays)}")
                self._arrays[name] = RowFile(part, stored.shape[1:], stored.dtype)
                self._dtypes[name] = array.dtype
            known = self._arrays[name]
            if known.shape != array.shape[1:]:
                raise Mistake(
                    f"the output `{name}` has the shape {known.shape} for one sample and "
                    f"{array.shape[1:]} for another",
                    field=None,
                    fix="Pad the output to a fixed shape inside the model.",
                )
            known.extend(stored)

    @property
    def shapes(self) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
        """The shape of a row and the type of each array, by name, sorted."""
        return {
            name: (rows.shape, self._dtypes[name]) for name, rows in sorted(self._arrays.items())
        }

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            write_npz(self._path, {name: rows.stacked() for name, rows in self._arrays.items()})
        for rows in self._arrays.values():
            rows.path.unlink(missing_ok=True)
