# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pants_tflite.sandbox.samples.dataset_values import (
    SampleError,
    check_alike,
    parse_sample,
    to_array,
)


class Tensor:
    """Stands for the tensors of any framework, of which only `__array__` is used."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.array([1, 2], dtype=np.int32)


def test_an_array_is_the_only_input() -> None:
    sample = parse_sample(np.array([1.5, 2.5]), 0)
    assert list(sample.inputs) == ["0"] and sample.label is None
    assert sample.inputs["0"].dtype == np.float32


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64", "float16", "float32", "bool"])
def test_other_types_are_kept(dtype: str) -> None:
    assert parse_sample(np.ones(3, dtype), 0).inputs["0"].dtype == np.dtype(dtype)


def test_tensors_and_numbers() -> None:
    assert parse_sample(Tensor(), 0).inputs["0"].tolist() == [1, 2]
    assert parse_sample(3.5, 0).inputs["0"].shape == ()


def test_a_list_is_inputs_by_position_and_a_dict_by_name() -> None:
    first, second = np.zeros(2), np.ones(3)
    assert list(parse_sample([first, second], 0).inputs) == ["0", "1"]
    assert list(parse_sample({"b": first, "a": [1, 2]}, 0).inputs) == ["b", "a"]


def test_a_tuple_of_two_is_a_labelled_sample() -> None:
    sample = parse_sample((np.zeros(2), 7), 0)
    assert sample.label is not None and sample.label.tolist() == 7


def test_inside_a_pair_a_tuple_is_inputs_by_position() -> None:
    assert list(parse_sample(((np.zeros(2), np.ones(3)), 1), 0).inputs) == ["0", "1"]


@pytest.mark.parametrize(
    "item, message",
    [
        (np.array(["on", None], object), "sample 5 is of type `ndarray`, an array of object"),
        (None, "sample 5 is of type `NoneType`, an array of object"),
        (np.array([1j]), "an array of complex128, not of numbers"),
        ({"a": [[1, 2], [3]]}, "input a of sample 5 is not an array of numbers: "),
        ({"a": np.array([1.0, np.nan])}, "input a of sample 5 holds NaN"),
        (np.array([np.inf]), "sample 5 holds a number beyond the range of its type"),
        (np.array([1e300]), "sample 5 holds a number beyond the range of its type"),
        ((np.zeros(2), np.nan), "the label of sample 5 holds NaN"),
        ((np.zeros(2), None), "the label of sample 5 is of type `NoneType`"),
        ((np.zeros(2), {"label": 1}), "the label of sample 5 is of type `dict`"),
        ({}, "sample 5 is an empty dict"),
        ([], "sample 5 is an empty list"),
        ({3: np.zeros(2)}, "sample 5 is a dict with the key 3"),
    ],
)
def test_what_is_no_sample(item: Any, message: str) -> None:
    with pytest.raises(SampleError) as raised:
        parse_sample(item, 5)
    assert message in raised.value.message


@pytest.mark.parametrize("item", [(np.zeros(2),), (np.zeros(2), np.zeros(2), 1)])
def test_a_tuple_of_another_length_is_told_from_a_list(item: Any) -> None:
    with pytest.raises(SampleError) as raised:
        parse_sample(item, 2)
    assert (
        f"sample 2 is a tuple of {len(item)}; only a (sample, label) pair" in raised.value.message
    )
    assert "yield a list of arrays" in raised.value.fix


@pytest.mark.parametrize("item", [[np.zeros(2), 1], [0.5], [[1.0, 2.0]]])
def test_a_list_meant_as_a_pair_or_an_array_is_told_from_them(item: Any) -> None:
    with pytest.raises(SampleError) as raised:
        parse_sample(item, 2)
    assert "sample 2 is a list that holds a plain" in raised.value.message
    assert "yield the tuple `(sample, label)`, not a list" in raised.value.fix


@pytest.mark.parametrize(
    "first, other, message",
    [
        (np.zeros(2), np.zeros(3), "the shape (3,) in its input 0, but sample 0 has (2,)"),
        (
            {"a": np.zeros(2, np.int32)},
            {"a": np.zeros(2)},
            "the type float32 in its input a, but sample 0 has int32",
        ),
        ({"a": 1, "b": 2}, {"a": 1}, "sample 4 has input a, but sample 0 has input a, input b"),
        ((np.zeros(2), 1), np.zeros(2), "sample 0 has a label, sample 4 has none"),
        (np.zeros(2), (np.zeros(2), 1), "sample 4 has a label, sample 0 has none"),
        ((1, [1, 0]), (1, [1, 0, 0]), "the shape (3,) in its label, but sample 0 has (2,)"),
    ],
)
def test_samples_that_differ(first: Any, other: Any, message: str) -> None:
    with pytest.raises(SampleError) as raised:
        check_alike(parse_sample(first, 0), parse_sample(other, 4), 4)
    assert message in raised.value.message


@pytest.mark.parametrize(
    "value, expected",
    [
        ("größer", "größer".encode()),
        (b"\xff", b"\xff"),
        (np.array(["on", "größer"], object), ["on".encode(), "größer".encode()]),
        (np.array([["a"], ["bc"]]), [[b"a"], [b"bc"]]),
    ],
)
def test_text_is_bytes_in_utf_8(value: Any, expected: Any) -> None:
    array = to_array(value, "sample 0")
    assert (array.dtype.kind, array.tolist()) == ("S", expected)


def test_texts_of_other_lengths_are_alike() -> None:
    samples = [parse_sample(text, index) for index, text in enumerate(("on", "größer"))]
    check_alike(samples[0], samples[1], 1)
    with pytest.raises(SampleError, match="sample 1 has the type"):
        check_alike(samples[0], parse_sample(np.float32(1), 1), 1)
