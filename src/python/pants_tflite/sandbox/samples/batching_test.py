# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.batching import Batching, cast, fit

FIELD = "verify_dataset"


def samples(*shape: int, count: int = 3) -> np.ndarray:
    return np.arange(count * int(np.prod(shape)), dtype="float32").reshape(count, *shape)


def fit_one(sample: tuple[int, ...], shape: Any) -> Batching:
    return fit({"x": samples(*sample)}, {"x": shape}, field=FIELD)


@pytest.mark.parametrize(
    ("sample", "shape", "size", "whole"),
    [
        ((2, 2), (None, 2, 2), 1, False),
        ((2, 2), (-1, 2, 2), 1, False),
        ((2, 2), (1, 2, 2), 1, False),
        ((2, 2), (4, 2, 2), 4, False),
        ((7, 2), (None, None, 2), 1, False),
        ((), (None,), 1, False),
        ((), (), 1, True),
        ((3,), (3,), 1, True),
        ((1, 2), (1, 2), 1, True),
        ((9,), (None,), 1, True),
        ((3, 9), (3, None), 1, True),
    ],
)
def test_fit(sample: tuple[int, ...], shape: Any, size: int, whole: bool) -> None:
    batching = fit_one(sample, shape)
    assert (batching.size, batching.whole) == (size, ("x",) if whole else ())
    assert batching.batched == (() if whole else ("x",))


@pytest.mark.parametrize(
    ("sample", "shape", "message", "fix"),
    [
        ((28, 27), (None, 28, 28), "[28, 27], but the model takes [?, 28, 28]", "[28, 28]"),
        ((1, 28, 28), (None, 28, 28), "shape [1, 28, 28]", "A sample has no batch dimension"),
        ((4,), (4, 2), "shape [4]", "shape [4, 2]"),
        ((), (None, 2), "shape []", "shape [2]"),
        ((2,), None, "unknown number of dimensions", "input_signature"),
    ],
)
def test_misfit(sample: tuple[int, ...], shape: Any, message: str, fix: str) -> None:
    with pytest.raises(Mistake) as caught:
        fit_one(sample, shape)
    assert message in caught.value.message
    assert fix in caught.value.fix
    assert caught.value.field == FIELD


@pytest.mark.parametrize("shapes", [{"a": (2, 3), "b": (4, 3)}, {"a": (2, 3), "b": (3,)}])
def test_inputs_that_take_different_batches(shapes: Any) -> None:
    with pytest.raises(Mistake, match=r"batches of different sizes: a \[2, 3\]"):
        fit({"a": samples(3), "b": samples(3)}, shapes, field=FIELD)


def test_feeds_of_one_sample() -> None:
    inputs = {"a": samples(2), "b": samples()}
    feeds = list(fit(inputs, {"a": (None, 2), "b": ()}, field=FIELD).feeds(inputs))
    assert [feed["a"].tolist() for feed in feeds] == [[[0, 1]], [[2, 3]], [[4, 5]]]
    assert [feed["b"].tolist() for feed in feeds] == [0, 1, 2]


def test_a_last_batch_is_filled_and_cut_off_again() -> None:
    inputs = {"a": samples(1, count=3), "b": samples(1, count=3)}
    batching = fit(inputs, {"a": (2, 1), "b": (None, 1)}, field=FIELD)
    feeds = list(batching.feeds(inputs))
    assert [feed["a"].ravel().tolist() for feed in feeds] == [[0, 1], [2, 2]]
    outputs = batching.collect(({"y": feed["a"] + feed["b"]} for feed in feeds), 3)
    assert outputs["y"].tolist() == [[0], [2], [4]]


@pytest.mark.parametrize(
    ("shape", "output", "expected"),
    [
        ((None, 3), (1, 5), (2, 5)),
        ((None, 3), (7,), (2, 7)),
        ((None, 3), (), (2,)),
        ((3,), (1, 5), (2, 1, 5)),
        ((3,), (), (2,)),
    ],
)
def test_rows_of_outputs(shape: Any, output: Any, expected: Any) -> None:
    batching = fit_one((3,), shape)
    assert batching.collect([{"y": np.zeros(output)}] * 2, 2)["y"].shape == expected


def test_a_batch_whose_output_has_none() -> None:
    with pytest.raises(Mistake, match=r"shape \(3,\) cannot be divided among the 2 samples"):
        fit_one((3,), (2, 3)).rows(np.zeros(3))


def test_outputs_of_varying_shape() -> None:
    results = [{"y": np.zeros((1, size))} for size in (2, 3)]
    with pytest.raises(Mistake, match=r"`y` has the shape \(2,\) for one sample and \(3,\)"):
        fit_one((3,), (None, 3)).collect(results, 2)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("float64", "float32"),
        ("float32", "float16"),
        ("int64", "int32"),
        ("int64", "uint8"),
        ("uint8", "int64"),
        ("bool", "bool"),
    ],
)
def test_cast(given: str, wanted: str) -> None:
    result = cast({"x": np.array([0, 1], given)}, {"x": np.dtype(wanted)}, field=FIELD)["x"]
    assert (result.dtype, result.tolist()) == (np.dtype(wanted), [0, 1])


def test_strings_become_bytes() -> None:
    result = cast({"x": np.array(["é", "b"])}, {"x": np.dtype(object)}, field=FIELD)["x"]
    assert result.tolist() == ["é".encode(), b"b"]


@pytest.mark.parametrize(
    ("array", "wanted"),
    [
        (np.array([1], "uint8"), "float32"),
        (np.array([1.0]), "int32"),
        (np.array([300]), "uint8"),
        (np.array([-1]), "uint8"),
        (np.array([True]), "float32"),
        (np.array(["a"]), "float32"),
    ],
)
def test_casts_that_are_refused(array: np.ndarray, wanted: str) -> None:
    with pytest.raises(Mistake, match=f"`x` are .*, but the model takes {wanted}") as caught:
        cast({"x": array}, {"x": np.dtype(wanted)}, field=FIELD)
    assert caught.value.field == FIELD
    assert f'astype("{wanted}")' in caught.value.fix


def test_the_calls_of_a_sequence_are_one_run() -> None:
    samples = {"x": np.arange(12, dtype=np.float32).reshape(2, 3, 2)}
    batching = fit(samples, {"x": [1, 2]}, field=FIELD, sequence=True)
    assert batching.calls == 3
    runs = list(batching.runs(samples))
    assert [len(run) for run in runs] == [3, 3]
    assert runs[1][0]["x"].tolist() == [[6, 7]]
    outputs = batching.collect(({"y": feed["x"] * 2} for run in runs for feed in run), 2)
    assert np.array_equal(outputs["y"], samples["x"] * 2)


def test_every_other_call_is_a_run_of_its_own() -> None:
    samples = {"x": np.zeros((3, 2), np.float32)}
    batching = fit(samples, {"x": [None, 2]}, field=FIELD)
    assert [len(run) for run in batching.runs(samples)] == [1, 1, 1]


def test_a_model_without_inputs_is_called_once() -> None:
    batching = fit({}, {}, field=FIELD)
    assert list(batching.runs({})) == [[{}]]
    assert batching.collect([{"y": np.array([7])}], 1)["y"].tolist() == [[7]]


@pytest.mark.parametrize(
    "samples, shape, message",
    [
        ({"x": np.zeros((2, 3, 2))}, [4, 2], "takes batches of 4 samples, but the samples are seq"),
        ({"x": np.zeros((2, 3, 2)), "y": np.zeros((2, 4, 2))}, [1, 2], "x: 3, y: 4"),
        ({"x": np.zeros(2)}, [1], "the first dimension: x: 0"),
    ],
)
def test_sequences_that_do_not_fit(
    samples: dict[str, np.ndarray], shape: list[int], message: str
) -> None:
    with pytest.raises(Mistake, match=message):
        fit(samples, {name: shape for name in samples}, field=FIELD, sequence=True)
