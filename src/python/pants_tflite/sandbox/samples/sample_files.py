# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Samples on their way to arrays: they are kept in files, so that memory holds one at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pants_tflite.sandbox.samples.dataset_values import Sample
from pants_tflite.sandbox.samples.npz_files import Dataset

_CHUNK_BYTES = 1 << 24


class _Part:
    """One input of all samples, or their labels, one after another in a file."""

    def __init__(self, path: Path, first: np.ndarray) -> None:
        self.path = path
        self.shape = first.shape
        # As numpy.stack has it, which takes the machine's byte order.
        self.dtype = first.dtype.newbyteorder("=")
        self.count = 0
        # Of text the longest value decides. The file has room for longer ones, so that it is seldom
        # written anew.
        self.width = self.dtype.itemsize
        self._file = path.open("wb")

    def append(self, array: np.ndarray) -> None:
        if array.dtype.itemsize > self.width:
            self.width = array.dtype.itemsize
        if array.dtype.itemsize > self.dtype.itemsize:
            self._rewrite(np.dtype((np.bytes_, 2 * array.dtype.itemsize)))
        self._file.write(array.astype(self.dtype).tobytes())
        self.count += 1

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
        if self.dtype.itemsize != self.width:
            self._rewrite(np.dtype((np.bytes_, self.width)))
        self._file.close()
        return self._mapped()


class SampleFiles:
    """Samples that are alike, in files of a folder that exists; `size` is what they take, in bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._inputs: dict[str, _Part] = {}
        self._label: _Part | None = None
        self.size = 0

    def append(self, sample: Sample) -> None:
        if not self._inputs:
            self._inputs = {
                name: _Part(self._folder / f"input-{index}", array)
                for index, (name, array) in enumerate(sample.inputs.items())
            }
            if sample.label is not None:
                self._label = _Part(self._folder / "label", sample.label)
        for name, part in self._inputs.items():
            part.append(sample.inputs[name])
        if self._label is not None and sample.label is not None:
            self._label.append(sample.label)
        self.size += sample.nbytes

    def stacked(self) -> Dataset:
        """All samples, at least one, as arrays of shape (N, …), which read the files as needed."""
        return Dataset(
            inputs={name: part.stacked() for name, part in self._inputs.items()},
            label=None if self._label is None else self._label.stacked(),
        )
