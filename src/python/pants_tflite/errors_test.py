# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import json

import pytest
from pants.engine.addresses import Address

from pants_tflite.errors import Mistake, crash

ADDRESS = Address("models/linear", target_name="int8")


def test_mistake_names_address_field_value_and_fix() -> None:
    text = str(Mistake("it is empty", "Fill it.", field="recipe", value="r.json").at(ADDRESS))
    assert text == "models/linear:int8, field `recipe` = 'r.json': it is empty.\n\nFix: Fill it."


def test_mistake_shows_its_detail_below() -> None:
    mistake = Mistake.from_json(
        json.dumps(
            {"message": "m", "fix": "f", "field": None, "value": None, "detail": "Traceback …"}
        ).encode()
    )
    assert str(mistake.at(ADDRESS)) == "models/linear:int8: m.\n\nFix: f\n\nTraceback …"


@pytest.mark.parametrize(
    ("exit_code", "expected"),
    [
        (-6, "was killed by SIGABRT (signal 6)"),
        (134, "was killed by SIGABRT (signal 6)"),
        (139, "was killed by SIGSEGV (signal 11)"),
        (1, "ended with exit code 1"),
        (255, "ended with exit code 255"),
    ],
)
def test_crash_names_the_signal(exit_code: int, expected: str) -> None:
    error = crash(ADDRESS, step="Verify it", exit_code=exit_code, stdout="", stderr="double free")
    assert str(error).startswith(f"models/linear:int8: Verify it {expected}.")
    assert "double free" in str(error)


def test_crash_shows_the_end_of_long_output() -> None:
    lines = "\n".join(f"line {index}" for index in range(1000))
    text = str(crash(ADDRESS, step="Convert", exit_code=1, stdout="", stderr=lines))
    assert "line 999" in text
    assert "line 100\n" not in text
