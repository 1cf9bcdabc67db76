# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import numpy as np
import pytest

from pants_tflite.sandbox.samples import row_files
from pants_tflite.sandbox.samples.dataset_values import parse_sample
from pants_tflite.sandbox.samples.npz_files import Dataset, fingerprint, read_npz, write_npz
from pants_tflite.sandbox.samples.sample_files import SampleFiles


def _stack(folder: Path, items: Sequence[Any]) -> Dataset:
    samples = SampleFiles(folder)
    for index, item in enumerate(items):
        samples.append(parse_sample(item, index))
    assert samples.size == sum(parse_sample(item, 0).nbytes for item in items)
    return samples.stacked()


@pytest.mark.parametrize(
    "values",
    [
        [np.array([n, n], np.int64) for n in range(3)],
        [np.float32(n) for n in range(3)],
        [np.array([[n, 1]], ">i2") for n in range(3)],
        [np.asfortranarray(np.arange(6.0, dtype=np.float32).reshape(2, 3)) for n in range(2)],
        [np.arange(10, dtype=np.uint8)[::3]] * 2,
        [np.zeros((0, 4), np.float16)] * 2,
        [np.array(True)],
        [
            np.array(text, np.bytes_)
            for text in (b"on", b"longer", b"", b"the longest of all", b"x")
        ],
        [np.array([b"a", b"bc"], np.bytes_), np.array([b"abc" * 100, b""], np.bytes_)],
        [np.array([b"", b""], np.bytes_)],
    ],
    ids=lambda values: f"{values[0].dtype.str}{values[0].shape}",
)
def test_samples_become_the_array_that_numpy_stacks(
    tmp_path: Path, values: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two values fit in, so that text is rewritten in several steps.
    monkeypatch.setattr(row_files, "_CHUNK_BYTES", 50)
    dataset = _stack(tmp_path, values)
    expected = np.stack(values)
    found = dataset.inputs["0"]
    assert (found.dtype.str, found.shape) == (expected.dtype.str, expected.shape)
    assert found.tobytes() == expected.tobytes()
    assert fingerprint({"a": found}) == fingerprint({"a": expected})
    write_npz(tmp_path / "a.npz", {"a": found})
    assert read_npz(tmp_path / "a.npz")["a"].tobytes() == expected.tobytes()
    assert dataset.label is None


def test_inputs_by_name_and_labels(tmp_path: Path) -> None:
    items = [({"a/b": np.array([n, n]), "c": n}, n) for n in range(3)]
    dataset = _stack(tmp_path, items)
    assert dataset.inputs["a/b"].tolist() == [[0, 0], [1, 1], [2, 2]]
    assert dataset.inputs["c"].tolist() == [0, 1, 2]
    assert dataset.label is not None and dataset.label.tolist() == [0, 1, 2]
