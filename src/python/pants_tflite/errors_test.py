# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Optional

import pytest
from pants.engine.addresses import Address
from pants.engine.target import AsyncFieldMixin, IntField, StringField, StringSequenceField

from pants_tflite.errors import Mistake, crash
from pants_tflite.sandbox.mistakes import MistakeReport

ADDRESS = Address("models/linear", target_name="int8")


def test_mistake_names_address_field_value_and_fix() -> None:
    text = str(Mistake("it is empty", fix="Fill it.", field="recipe", value="r.json").at(ADDRESS))
    assert text == "models/linear:int8, field `recipe` = 'r.json': it is empty.\n\nFix: Fill it."


def test_the_fix_stands_at_the_end_where_it_is_read() -> None:
    mistake = Mistake("m", fix="f", detail="Traceback …\n")
    assert str(mistake.at(ADDRESS)) == "models/linear:int8: m.\n\nTraceback …\n\nFix: f"


def test_a_program_reports_a_mistake_whole() -> None:
    mistake = Mistake("m", fix="f", field="recipe", value=3, detail="d")
    report = MistakeReport.parse(mistake.to_report().render())
    assert report == MistakeReport("m", "f", "recipe", "3", "d")
    assert str(Mistake.from_report(report).at(ADDRESS)) == str(mistake.at(ADDRESS))


class _Text(StringField, AsyncFieldMixin):
    alias = "package"


class _Number(IntField, AsyncFieldMixin):
    alias = "min_sdk"


class _Several(StringSequenceField, AsyncFieldMixin):
    alias = "abis"


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (_Text("digits", ADDRESS), None, "field `package` = 'digits': it is wrong."),
        (_Text(None, ADDRESS), None, "field `package`: it is wrong."),
        (_Text(None, ADDRESS), "", "field `package` = '': it is wrong."),
        (_Number(0, ADDRESS), None, "field `min_sdk` = '0': it is wrong."),
        (_Several(("x86", "mips"), ADDRESS), None, "field `abis`: it is wrong."),
        (_Several(("x86", "mips"), ADDRESS), "mips", "field `abis` = 'mips': it is wrong."),
    ],
)
def test_a_field_says_where_the_mistake_is(
    field: AsyncFieldMixin, value: Optional[str], expected: str
) -> None:
    error = Mistake.of(field, message="it is wrong", fix="Mend it.", value=value)
    assert str(error) == f"models/linear:int8, {expected}\n\nFix: Mend it."


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
