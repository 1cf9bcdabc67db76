# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from pants_tflite.linux.sandbox.archive_replay import find_difference, main
from pants_tflite.linux.sandbox.testing_archive import Golden, library_kernel, write_archive
from pants_tflite.sandbox.testing.host_kernel import OP, REGISTRATION, build_kernel
from pants_tflite.sandbox.testing.small_models import (
    OpSpec,
    TensorSpec,
    build_model,
    custom_op_model,
    linear_model,
    quantized_linear_model,
    stateful_model,
)

MODELS = {
    "linear": linear_model(),
    "main": linear_model(signature=False),
    "quantized": quantized_linear_model(io_type="int8"),
    "stateful": stateful_model(),
}
X, S = "serving_default/x", "serving_default/sequence"
Y = "serving_default/y"


def calls(*values: float, dtype: str = "float32") -> np.ndarray:
    """One number for each call, as a model of one row stores it."""
    return np.array(values, dtype).reshape(-1, 1, 1)


# Worked out by hand: 2 x - 1; 10 is 127 steps of 20 / 254, and 19 about 115 of 42 / 254; x and the x
# before it.
GOLDEN: dict[str, Golden] = {
    "linear": ({X: calls(10, 0)}, {Y: calls(19, -1)}),
    "main": ({"main/x": calls(10)}, {"main/y": calls(19)}),
    "quantized": ({X: calls(127, dtype="int8")}, {Y: calls(115, dtype="int8")}),
    "stateful": (
        {X: calls(1, 2, 3), S: np.array(True)},
        {Y: calls(1, 3, 5), S: np.array(True)},
    ),
}
Test = Callable[..., "tuple[int, str]"]


@pytest.fixture
def test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Test:
    """The exit code and the text over an archive whose golden files are changed."""

    def test(*arguments: str, **changes: Golden) -> tuple[int, str]:
        write_archive(tmp_path, MODELS, golden={**GOLDEN, **changes})
        code = main(arguments, folder=tmp_path)
        out, err = capsys.readouterr()
        return code, out or err

    return test


def test_models_that_are_as_in_the_build(test: Test) -> None:
    expected = (
        "linear: serving_default is as in the build, calls: 2\n"
        "main: main is as in the build, calls: 1\n"
        "quantized: serving_default is as in the build, calls: 1\n"
        "stateful: serving_default is as in the build, calls: 3\n"
    )
    assert test() == (0, expected)
    assert test("--fast") == (0, expected)
    assert test("--model", "main") == (0, "main: main is as in the build, calls: 1\n")


def test_a_quantized_output_that_is_one_step_off(test: Test) -> None:
    wrong = ({X: calls(127, dtype="int8")}, {Y: calls(114, dtype="int8")})
    code, text = test(quantized=wrong)
    assert code == 1
    line = "quantized: serving_default, call 0: y[0, 0] is 115, and was 114 in the build"
    assert line in text.splitlines()
    # The others are tested all the same.
    assert "stateful: serving_default is as in the build" in text
    assert test("--model", "quantized", "--steps", "1", quantized=wrong)[0] == 0


def test_a_float_that_is_off(test: Test) -> None:
    wrong = ({X: calls(10, 0)}, {Y: calls(19, -1.01)})
    code, text = test("--model", "linear", linear=wrong)
    assert code == 1
    assert text == (
        "linear: serving_default, call 1: y[0, 0] is -1.0, and was -1.01 in the build\n"
    )
    assert test("--model", "linear", "--tolerance", "0.02", linear=wrong)[0] == 0
    # The largest number of the call counts: 19.
    close = ({X: calls(10, 0)}, {Y: calls(19.001, -1)})
    assert test("--model", "linear", linear=close)[0] == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_that_is_none(test: Test, value: float) -> None:
    code, text = test("--model", "linear", linear=({X: calls(10)}, {Y: calls(value)}))
    assert code == 1 and f"y[0, 0] is 19.0, and was {value} in the build" in text


def test_a_state_that_starts_afresh(test: Test) -> None:
    alone = ({X: calls(1, 2, 3)}, {Y: calls(1, 2, 3)})
    assert test("--model", "stateful", stateful=alone)[0] == 0
    # The calls of a sequence are in turn.
    code, text = test("--model", "stateful", stateful=(GOLDEN["stateful"][0], alone[1]))
    assert code == 1 and "call 1: y[0, 0] is 3.0, and was 2.0 in the build" in text


def test_another_shape(test: Test) -> None:
    wrong = ({X: calls(10)}, {Y: np.array([[[19.0], [19.0]]], np.float32)})
    code, text = test("--model", "linear", linear=wrong)
    assert code == 1 and "y is float32 [1, 1], and was float32 [2, 1] in the build" in text


def test_kernels_of_custom_ops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lib").mkdir()
    build_kernel(tmp_path / "lib")
    given = np.array([[[21, 1, 2, 3]]], np.float32)
    write_archive(
        tmp_path,
        {"twice": custom_op_model(OP)},
        kernels=[library_kernel(OP, "lib/libtwice.so", REGISTRATION)],
        golden={"twice": ({X: given}, {Y: 2 * given})},
    )
    assert main([], folder=tmp_path) == 0
    assert capsys.readouterr().out.endswith("is as in the build, calls: 1\n")


def test_a_model_that_draws_random_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = build_model(
        [TensorSpec("x", (1,), "int32"), TensorSpec("y", (None,))],
        [OpSpec("RANDOM_UNIFORM", ("x",), ("y",))],
    )
    write_archive(tmp_path, {"random": model}, golden={"random": ({}, {})})
    assert main([], folder=tmp_path) == 0
    assert capsys.readouterr().out == (
        "random: not compared, for it draws random numbers by RANDOM_UNIFORM\n"
    )


def test_a_file_that_was_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_archive(tmp_path, MODELS, golden=GOLDEN)
    path = tmp_path / "models/linear.golden_output.npz"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert main([], folder=tmp_path) == 2
    error = capsys.readouterr().err
    assert error.startswith("self_test: `") and "is not what manifest.json says" in error


@pytest.mark.parametrize(
    ("golden", "arguments", "expected"),
    [
        (None, (), "the archive has no golden vectors for `linear`"),
        (GOLDEN, ("--model", "cat"), "there is no model `cat`; the models are linear, main"),
        (
            {**GOLDEN, "linear": ({X: calls(10)}, {})},
            (),
            "the golden files do not fit `serving_default`",
        ),
    ],
)
def test_mistakes(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    golden: dict[str, Golden] | None,
    arguments: tuple[str, ...],
    expected: str,
) -> None:
    write_archive(tmp_path, MODELS, golden=golden)
    assert main(arguments, folder=tmp_path) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize("option", [("--steps", "-1"), ("--tolerance", "nan")])
def test_numbers_that_are_none(tmp_path: Path, option: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["=".join(option)], folder=tmp_path)
    assert error.value.code == 2


def test_the_largest_difference() -> None:
    found = find_difference(np.array([[1, 5], [9, 2]]), np.array([[1, 4], [2, 2]]))
    assert found is not None
    assert (found.index, found.distance) == ((1, 0), 7.0)
    text = find_difference(np.array([b"cat", b"dog"]), np.array([b"cat", b"cow"]))
    assert text is not None
    assert (text.index, text.distance) == ((1,), float("inf"))
    assert find_difference(np.array([np.nan, 1]), np.array([np.nan, 1])) is None
    # Unsigned and wide integers do not wrap.
    wide = find_difference(np.array([0], np.uint8), np.array([255], np.uint8))
    assert wide is not None and wide.distance == 255
