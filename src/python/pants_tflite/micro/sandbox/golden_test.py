# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pants_tflite.micro.sandbox.golden import GoldenVectors, NotComparable, compare
from pants_tflite.micro.sandbox.measure_protocol import OutputDifference
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.testing.small_models import (
    SERVING,
    OpSpec,
    SignatureSpec,
    TensorSpec,
    build_model,
    linear_model,
    quantized_linear_model,
)
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.model_reader import parse_model


def _argmax_model() -> bytes:
    return build_model(
        [
            TensorSpec("x", (1, 1)),
            TensorSpec("axis", (1,), "int32", value=1),
            TensorSpec("y", (1,), "int64"),
        ],
        [OpSpec("ARG_MAX", ("x", "axis"), ("y",))],
        SERVING,
    )


def _vectors(folder: Path, model: Model, expected: Any, dtype: str, shape: Any) -> GoldenVectors:
    (_, x), *_ = model.callables[0].inputs
    calls = len(expected)
    write_npz(folder / "in.npz", {"serving_default/x": np.zeros((calls, *x.shape), x.dtype)})
    output = np.array(expected, dtype).reshape(calls, *shape)
    write_npz(folder / "out.npz", {"serving_default/y": output})
    return GoldenVectors.read(model, folder / "in.npz", folder / "out.npz")


def _compare(
    folder: Path, data: bytes, expected: Any, actual: Any, dtype: str, shape: Any = (1, 1)
) -> OutputDifference:
    model = parse_model(data)
    golden = _vectors(folder, model, expected, dtype, shape)
    outputs = [[np.array(value, dtype).reshape(shape)] for value in actual]
    (compared,) = compare(golden, outputs)
    return compared


def test_integers_in_steps(tmp_path: Path) -> None:
    data = quantized_linear_model(io_type="int8")
    compared = _compare(tmp_path, data, [-128, 5, 7], [127, 5, 6], "int8")
    assert compared == OutputDifference(
        name="y",
        dtype="int8",
        unit="steps",
        step=1.0,
        largest_difference=255.0,
        elements=3,
        differing_elements=2,
        exact=False,
    )


def test_dequantized_floats_in_steps_of_what_they_were(tmp_path: Path) -> None:
    data = quantized_linear_model(io_type="float32")
    step = 42.0 / 254.0
    compared = _compare(tmp_path, data, [10 * step, 0.0], [12 * step, 0.0], "float32")
    assert compared.unit == "steps"
    assert compared.step == pytest.approx(step)
    assert compared.largest_difference == 2.0


def test_floats_relative_to_the_largest(tmp_path: Path) -> None:
    compared = _compare(tmp_path, linear_model(), [-4.0, 1.0], [-4.0, 1.5], "float32")
    assert (compared.unit, compared.largest_difference) == ("relative", 0.125)


def test_other_integers_in_values(tmp_path: Path) -> None:
    compared = _compare(tmp_path, _argmax_model(), [2**62, 1], [2**62 - 1, 1], "int64", (1,))
    assert (compared.unit, compared.largest_difference) == ("values", 1.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_no_numbers(tmp_path: Path, value: float) -> None:
    same = _compare(tmp_path, linear_model(), [value, 1.0], [value, 1.0], "float32")
    assert (same.exact, same.largest_difference) == (True, 0.0)
    other = _compare(tmp_path, linear_model(), [2.0, 1.0], [value, 1.0], "float32")
    assert (other.exact, other.largest_difference) == (False, None)


def test_shape_that_a_fixed_one_cannot_take(tmp_path: Path) -> None:
    with pytest.raises(NotComparable, match=r"LiteRT gave `y` the shape \[5, 1\]"):
        _vectors(tmp_path, parse_model(linear_model()), [[1.0] * 5], "float32", (5, 1))


def test_input_that_no_signature_names(tmp_path: Path) -> None:
    data = build_model(
        [TensorSpec("x", (1, 1)), TensorSpec("z", (1, 1)), TensorSpec("y", (1, 1))],
        [OpSpec("ADD", ("x", "z"), ("y",))],
        {"serving_default": SignatureSpec({"x": "x"}, {"y": "y"})},
        inputs=("x", "z"),
    )
    with pytest.raises(NotComparable, match="the signature leaves out `z`"):
        _vectors(tmp_path, parse_model(data), [1.0], "float32", (1, 1))


def test_signature_without_inputs(tmp_path: Path) -> None:
    data = build_model(
        [TensorSpec("y", (1, 1), value=1.0)],
        [],
        {"serving_default": SignatureSpec({}, {"y": "y"})},
        inputs=(),
    )
    for name in ("in.npz", "out.npz"):
        write_npz(tmp_path / name, {})
    with pytest.raises(NotComparable, match="LiteRT was not run on `serving_default`"):
        GoldenVectors.read(parse_model(data), tmp_path / "in.npz", tmp_path / "out.npz")
