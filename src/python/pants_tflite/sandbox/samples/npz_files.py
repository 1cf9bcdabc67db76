# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Sample arrays on disk: `.npz` files whose bytes depend only on their content."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.constants import ZIP_EPOCH
from pants_tflite.sandbox.mistakes import Mistake

INPUT_PREFIX = "input/"
# Of the arrays of predictions.
OUTPUT_PREFIX = "output/"
LABEL = "label"
# Says that each sample, or all calls of golden files, are calls in turn that keep a model's state.
SEQUENCE = "sequence"
# Of a reference: the signature's samples are made up; the SavedModel's signatures keep a state.
MADE_UP = "made_up"
KEEPS_STATE = "keeps_state"


def to_stored(array: np.ndarray) -> np.ndarray:
    """An array as files hold it: text in UTF-8, rows after each other."""
    return np.ascontiguousarray(array.astype(np.bytes_) if array.dtype.kind == "O" else array)


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes `arrays` under their names, sorted, stored, with a fixed time stamp.

    Text is stored in UTF-8. `numpy.load` reads the file back.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            content = to_stored(arrays[name])
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(
                header, np.lib.format.header_data_from_array_1_0(content)
            )
            entry = zipfile.ZipInfo(f"{name}.npy", ZIP_EPOCH)
            # Known beforehand, so that a large array is written in parts.
            entry.file_size = header.tell() + content.nbytes
            with archive.open(entry, "w") as file:
                np.lib.format.write_array(file, content, version=(1, 0), allow_pickle=False)


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an `.npz` file by name. Raises ValueError if a member of it is not an array."""
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    for name, array in arrays.items():
        # NumPy gives the bytes of a member that does not begin as a `.npy` file does.
        if not isinstance(array, np.ndarray):
            raise ValueError(f"`{name}` in it is not an array")
    return arrays


def fingerprint(arrays: Mapping[str, np.ndarray]) -> str:
    """The sha256, in hexadecimal, over names, dtypes, shapes and bytes in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        # Its bytes without a copy of them.
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


@dataclass(frozen=True)
class Dataset:
    """Samples that a `tflite_dataset` yielded.

    `inputs` maps an input's name, or its position as a decimal string, to an array of shape (N, …);
    `label` has shape (N, …) or is None. In a `sequence` the inputs have the shape (N, calls, …).
    """

    inputs: Mapping[str, np.ndarray]
    label: np.ndarray | None
    sequence: bool = False

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))

    @classmethod
    def read(cls, path: Path) -> Dataset:
        arrays = read_npz(path)
        return cls(
            inputs={
                name[len(INPUT_PREFIX) :]: array
                for name, array in arrays.items()
                if name.startswith(INPUT_PREFIX)
            },
            label=arrays.get(LABEL),
            sequence=SEQUENCE in arrays,
        )

    def to_arrays(self) -> dict[str, np.ndarray]:
        arrays = {f"{INPUT_PREFIX}{name}": array for name, array in self.inputs.items()}
        if self.label is not None:
            arrays[LABEL] = self.label
        if self.sequence:
            arrays[SEQUENCE] = np.array(True)
        return arrays

    def of_signature(self, signature: str, names: Sequence[str]) -> Dataset | None:
        """What a signature takes of samples that name its inputs, and maybe those of others too; None
        if they do not. `<signature>/<input>` names an input that other signatures have as well."""
        own = {name: f"{signature}/{name}" for name in names}
        keys = {name: key if key in self.inputs else name for name, key in own.items()}
        if not keys or not set(keys.values()) <= set(self.inputs):
            return None
        return replace(self, inputs={name: self.inputs[key] for name, key in keys.items()})

    def for_inputs(self, names: Sequence[str], *, field: str) -> dict[str, np.ndarray]:
        """The samples under a model's input names, given in the model's own order, that of a list.

        Raises Mistake, blaming `field`, where the dataset names other inputs, or another number
        of them.
        """
        if set(self.inputs) == set(names):
            return {name: self.inputs[name] for name in names}
        positions = [str(index) for index in range(len(names))]
        if set(self.inputs) == set(positions):
            return {name: self.inputs[position] for name, position in zip(names, positions)}
        raise Mistake(
            f"the dataset has the inputs {', '.join(sorted(self.inputs))}, but the model takes "
            f"{', '.join(names)}",
            field=field,
            fix="Yield one array for each input of the model: a dict by name, or a list in the "
            f"model's own order, which is {', '.join(names)}. A tuple is a (sample, label) pair.",
        )
