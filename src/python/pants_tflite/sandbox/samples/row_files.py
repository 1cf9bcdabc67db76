# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Arrays that grow row by row in files, so that memory holds the last ones only."""

from __future__ import annotations

from pathlib import Path

import numpy as np

_CHUNK_BYTES = 1 << 24


class RowFile:
    """The rows of an array, one after another in a file that is open until they are `stacked`.

    `shape` and `dtype` are a row's; text is of np.bytes_, and may be of any length.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.path = path
        self.shape = shape
        # As numpy.stack has it, which takes the machine's byte order.
        self.dtype = dtype.newbyteorder("=")
        self.count = 0
        # Of text the longest value decides. The file has room for longer ones, so that it is seldom
        # written anew.
        self.width = self.dtype.itemsize
        self._file = path.open("wb")

    def extend(self, rows: np.ndarray) -> None:
        if rows.dtype.itemsize > self.width:
            self.width = rows.dtype.itemsize
        if rows.dtype.itemsize > self.dtype.itemsize:
            self._rewrite(np.dtype((np.bytes_, 2 * rows.dtype.itemsize)))
        self._file.write(rows.astype(self.dtype).tobytes())
        self.count += len(rows)

    def _mapped(self) -> np.ndarray:
        shape = (self.count, *self.shape)
        if 0 in shape:
            return np.zeros(shape, self.dtype)
        return np.memmap(self.path, self.dtype, "r", shape=shape)

    def _rewrite(self, dtype: np.dtype) -> None:
        """Makes room for text of another length."""
        self._file.close()
        old, new = self._mapped(), self.path.with_suffix(".new")
        step = max(1, _CHUNK_BYTES // max(1, dtype.itemsize * int(np.prod(self.shape))))
        self._file = new.open("wb")
        for begin in range(0, self.count, step):
            self._file.write(old[begin : begin + step].astype(dtype).tobytes())
        # What is still mapped of the old file stays readable.
        new.replace(self.path)
        self.dtype = dtype

    def stacked(self) -> np.ndarray:
        """All rows as one array, which reads the file as needed."""
        if self.dtype.itemsize != self.width:
            self._rewrite(np.dtype((np.bytes_, self.width)))
        self._file.close()
        return self._mapped()
