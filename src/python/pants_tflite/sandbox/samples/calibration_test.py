# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.calibration import (
    InputSpecs,
    calibration_feeds,
    read_calibration,
)
from pants_tflite.sandbox.samples.npz_files import Dataset, write_npz


def dataset(**inputs: Any) -> Dataset:
    return Dataset({name: np.asarray(array) for name, array in inputs.items()}, None)


X = InputSpecs({"x": [None, 2]}, {"x": np.dtype("float32")})


def test_feeds_can_be_read_again_and_again() -> None:
    samples = dataset(x=np.arange(6, dtype="float32").reshape(3, 2))
    feeds = calibration_feeds(samples, {"serve": X})["serve"]
    for _ in range(2):
        assert [feed["x"].tolist() for feed in feeds] == [[[0, 1]], [[2, 3]], [[4, 5]]]


def test_no_calibration() -> None:
    with pytest.raises(Mistake) as raised:
        read_calibration(None, needed_by="the mode int8")
    assert raised.value.field == "calibration"
    assert raised.value.message == "the mode int8 needs calibration samples"
    assert "Name a `tflite_dataset`" in raised.value.fix


@pytest.mark.parametrize(
    "arrays", [{}, {"input/x": np.zeros((0, 2), "float32")}, {"label": np.zeros(3)}]
)
def test_empty_calibration(tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
    write_npz(tmp_path / "dataset.npz", arrays)
    with pytest.raises(Mistake) as raised:
        read_calibration(str(tmp_path / "dataset.npz"), needed_by="the mode int8")
    assert raised.value.field == "calibration"
    assert raised.value.message == "the calibration dataset holds no samples"


@pytest.mark.parametrize(
    "samples, message",
    [
        (dataset(x=np.zeros((4, 3), "float32")), "have the shape [3], but the model takes [?, 2]"),
        (dataset(x=np.zeros((4, 2), "uint8")), "are uint8, but the model takes float32"),
        (dataset(y=np.zeros((4, 2), "float32")), "has the inputs y, but the model takes x"),
    ],
)
def test_samples_that_the_model_does_not_take(samples: Dataset, message: str) -> None:
    with pytest.raises(Mistake) as raised:
        calibration_feeds(samples, {"serve": X})
    assert raised.value.field == "calibration"
    assert message in raised.value.message


CODE = InputSpecs({"code": [1]}, {"code": np.dtype("float32")})


def test_each_signature_takes_its_own_inputs() -> None:
    samples = dataset(x=np.ones((3, 2), "float32"), code=np.zeros((3, 1), "float32"))
    feeds = calibration_feeds(samples, {"decode": CODE, "encode": X})
    first = {name: next(iter(feeds[name])) for name in feeds}
    assert {name: list(feed) for name, feed in first.items()} == {
        "decode": ["code"],
        "encode": ["x"],
    }
    assert first["encode"]["x"].tolist() == [[1, 1]]


def test_a_signature_has_an_input_of_its_own() -> None:
    samples = dataset(**{"x": np.ones((3, 2), "float32"), "b/x": np.zeros((3, 2), "float32")})
    feeds = calibration_feeds(samples, {"a": X, "b": X})
    assert [next(iter(feeds[name]))["x"].sum() for name in ("a", "b")] == [2, 0]


def test_a_signature_without_samples_is_named() -> None:
    with pytest.raises(Mistake) as raised:
        calibration_feeds(dataset(x=np.ones((3, 2), "float32")), {"encode": X, "decode": CODE})
    assert raised.value.message == (
        "for the signature `decode`, the dataset has the inputs x, but the model takes code"
    )
    assert "the key `decode/<input>` is an input of `decode` alone" in raised.value.fix


def test_a_signature_without_inputs_is_called_once() -> None:
    nothing = InputSpecs({}, {})
    feeds = calibration_feeds(dataset(x=np.ones((3, 2), "float32")), {"reset": nothing, "x": X})
    assert list(feeds["reset"]) == [{}]


def test_sequences_are_called_in_turn() -> None:
    samples = Dataset({"x": np.arange(12, dtype="float32").reshape(2, 3, 2)}, None, sequence=True)
    feeds = calibration_feeds(samples, {"serve": X})["serve"]
    assert [feed["x"].tolist() for feed in feeds][2:4] == [[[4, 5]], [[6, 7]]]
