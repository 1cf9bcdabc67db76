# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Samples on their way to arrays: they are kept in files, so that memory holds one at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pants_tflite.sandbox.samples.dataset_values import Sample
from pants_tflite.sandbox.samples.npz_files import Dataset
from pants_tflite.sandbox.samples.row_files import RowFile


class SampleFiles:
    """Samples that are alike, in files of a folder that exists; `size` is what they take, in bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._inputs: dict[str, RowFile] = {}
        self._label: RowFile | None = None
        self.size = 0

    def append(self, sample: Sample) -> None:
        if not self._inputs:
            self._inputs = {
                name: RowFile(self._folder / f"input-{index}", array.shape, array.dtype)
                for index, (name, array) in enumerate(sample.inputs.items())
            }
            if sample.label is not None:
                self._label = RowFile(
                    self._folder / "label", sample.label.shape, sample.label.dtype
                )
        for name, part in self._inputs.items():
            part.extend(sample.inputs[name][np.newaxis])
        if self._label is not None and sample.label is not None:
            self._label.extend(sample.label[np.newaxis])
        self.size += sample.nbytes

    def stacked(self) -> Dataset:
        """All samples, at least one, as arrays of shape (N, …), which read the files as needed."""
        return Dataset(
            inputs={name: part.stacked() for name, part in self._inputs.items()},
            label=None if self._label is None else self._label.stacked(),
        )
