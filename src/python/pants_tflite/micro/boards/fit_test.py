# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.micro.boards.fit import (
    Board,
    Fit,
    Need,
    has_failed,
    render_json,
    render_table,
)
from pants_tflite.micro.boards.fitting import FitBoards, check_fits
from pants_tflite.micro.boards.target_types import TfLiteBoardTarget
from pants_tflite.micro.field_sets import MicroLibraryFieldSet
from pants_tflite.micro.target_types import TfLiteMicroLibraryTarget

SMALL = Board(Address("boards", target_name="small"), 100_000, 20_000, "cortex-m4", None)
NEED = Need(100_000, 20_000, "cortex-m4", "reference")
FITS = Fit("m:mcu", SMALL, NEED, True)
TOO_LARGE = replace(FITS, need=replace(NEED, flash=100_001, ram=20_100))


def board_target(**fields: str) -> TfLiteBoardTarget:
    values = {"flash": "1MiB", "ram": "128KiB", **fields}
    return TfLiteBoardTarget(values, Address("boards", target_name="big"))


def test_a_target_says_what_a_board_has() -> None:
    board = Board.of(board_target(cpu="cortex-m55", npu="ethos-u55-128"))
    assert (board.flash, board.ram) == (1_048_576, 131_072)
    assert (board.cpu, board.npu) == ("cortex-m55", "ethos-u55-128")


@pytest.mark.parametrize(
    ("field", "value"), [("flash", "1M"), ("ram", "lots"), ("cpu", "z80"), ("npu", "ethos")]
)
def test_a_wrong_value_is_an_error_of_its_field(field: str, value: str) -> None:
    with pytest.raises(TfLiteError, match=f"boards:big, field `{field}` = '{value}'"):
        Board.of(board_target(**{field: value}))


def test_a_board_that_is_just_large_enough() -> None:
    assert (FITS.problems, FITS.verdict) == ((), "yes")
    assert not has_failed([FITS])


def test_a_board_that_is_too_small() -> None:
    assert TOO_LARGE.problems == (
        "flash 100,001 bytes, 1 byte too many",
        "RAM 20,100 bytes, 100 bytes too many",
    )
    assert has_failed([FITS, TOO_LARGE])
    assert not has_failed([replace(TOO_LARGE, is_named=False)])


def test_models_for_an_npu_need_one() -> None:
    fit = replace(FITS, need=replace(NEED, npu_models=("kws",)))
    assert fit.problems == ("no npu for kws",)
    assert replace(fit, board=replace(SMALL, npu="ethos-u55-128")).problems == ()


def test_without_code_a_fit_is_no_promise() -> None:
    fit = replace(FITS, need=Need(5_000, 2_000))
    assert (fit.verdict, fit.need.counted) == ("as far as known", "models and arena")
    assert replace(fit, need=Need(100_001, 1)).problems


def test_a_table() -> None:
    lines = render_table([FITS, replace(TOO_LARGE, is_named=False)]).splitlines()
    assert lines[0].split() == ["library", "board", "flash", "RAM", "counted", "fits"]
    assert lines[1].endswith("all, cortex-m4, reference kernels  yes")
    assert "boards:small (not named)  100,001 of 100,000  20,100 of 20,000" in lines[2]


def test_json() -> None:
    (fit,) = json.loads(render_json([TOO_LARGE]))
    assert fit["board"]["address"] == "boards:small"
    assert (fit["need"]["flash"], fit["is_named"], len(fit["problems"])) == (100_001, True, 2)


def test_a_build_fails_for_a_board_that_is_named() -> None:
    target = TfLiteMicroLibraryTarget(
        {"models": [":m"], "boards": ["boards:small"]}, Address("m", target_name="mcu")
    )
    field_set = MicroLibraryFieldSet.create(target)
    check_fits(field_set, FitBoards((FITS, replace(TOO_LARGE, is_named=False))))
    with pytest.raises(TfLiteError) as error:
        check_fits(field_set, FitBoards((FITS, TOO_LARGE)))
    assert "m:mcu, field `boards`" in str(error.value)
    assert "- boards:small: flash 100,001 bytes, 1 byte too many; RAM 20,100" in str(error.value)
