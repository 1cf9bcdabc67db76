# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import Dataset, read_npz, write_npz
from pants_tflite.sandbox.samples.npz_streams import DatasetReader, NpzWriter

ARRAYS = {
    "input/x": np.arange(42, dtype=np.float32).reshape(7, 3, 2),
    "input/text": np.array([b"a", b"bcd", b"", b"e", b"f", b"g", b"h"]),
    "label": np.arange(7),
}


def _joined(parts: list[Dataset]) -> dict[str, np.ndarray]:
    arrays = [part.to_arrays() for part in parts]
    return {name: np.concatenate([each[name] for each in arrays]) for name in arrays[0]}


@pytest.mark.parametrize("rows", [1, 3, 7, 100])
def test_parts_are_the_whole_file(tmp_path: Path, rows: int) -> None:
    write_npz(tmp_path / "dataset.npz", ARRAYS)
    reader = DatasetReader(tmp_path / "dataset.npz")
    parts = list(reader.parts(len(reader), rows))
    assert len(reader) == 7
    assert [len(part) for part in parts][:-1] == [rows] * (len(parts) - 1)
    joined = _joined(parts)
    assert set(joined) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(joined[name], array)
        assert joined[name].dtype == array.dtype


def test_only_the_first_samples(tmp_path: Path) -> None:
    write_npz(tmp_path / "dataset.npz", ARRAYS)
    reader = DatasetReader(tmp_path / "dataset.npz")
    assert _joined(list(reader.parts(5, 2)))["label"].tolist() == [0, 1, 2, 3, 4]
    assert _joined(list(reader.parts(1000, 2)))["label"].tolist() == list(range(7))


def test_parts_are_whole_batches_of_a_few_megabytes(tmp_path: Path) -> None:
    write_npz(tmp_path / "dataset.npz", {"input/x": np.zeros((9, 1 << 19), np.float32)})
    reader = DatasetReader(tmp_path / "dataset.npz")
    assert reader.rows_at_a_time() == 4
    assert reader.rows_at_a_time(3) == 3
    assert reader.rows_at_a_time(5) == 5


def test_sequences_are_known(tmp_path: Path) -> None:
    write_npz(tmp_path / "dataset.npz", {**ARRAYS, "sequence": np.array(True)})
    reader = DatasetReader(tmp_path / "dataset.npz")
    assert reader.sequence
    assert all(part.sequence for part in reader.parts(7, 3))


def test_writes_what_write_npz_writes(tmp_path: Path) -> None:
    arrays = {
        **{name: array for name, array in ARRAYS.items() if array.dtype.kind != "S"},
        "text": np.array([b"a", b"bcd", b"", b"e", b"f", b"g", b"h"], object),
    }
    write_npz(tmp_path / "whole.npz", arrays)
    with NpzWriter(tmp_path / "rows.npz") as writer:
        for start, stop in ((0, 2), (2, 3), (3, 7)):
            writer.add({name: array[start:stop] for name, array in arrays.items()})
    assert (tmp_path / "rows.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.npz", "whole.npz"]


def test_rows_of_another_shape(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="has the shape .* for one sample and"):
        with NpzWriter(tmp_path / "rows.npz") as writer:
            writer.add({"y": np.zeros((2, 3))})
            writer.add({"y": np.zeros((2, 4))})
    assert list(tmp_path.iterdir()) == []


def test_numpy_reads_what_was_written(tmp_path: Path) -> None:
    with NpzWriter(tmp_path / "rows.npz") as writer:
        writer.add({"y": np.ones((2, 3), np.float32)})
    assert read_npz(tmp_path / "rows.npz")["y"].shape == (2, 3)
