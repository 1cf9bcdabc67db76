# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Sizes and counts in fields."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.sizes import CountField, SizeField, format_size

ADDRESS = Address("models", target_name="mcu")


class MaxArenaField(SizeField):
    alias = "max_arena"


class MaxInstructionsField(CountField):
    alias = "max_instructions"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1B", 1),
        ("4KB", 4000),
        ("64KiB", 65536),
        ("1.5KiB", 1536),
        ("3MB", 3_000_000),
        ("2 MiB", 2_097_152),
        ("1GB", 10**9),
        (None, None),
    ],
)
def test_sizes(value: str | None, expected: int | None) -> None:
    assert MaxArenaField(value, ADDRESS).bytes == expected


@pytest.mark.parametrize(
    "value", ["", "4", "4kb", "4K", "KB", "-4KB", "0B", "1.0001KB", "04KB", "4KB\n", "4  KB", "٤KB"]
)
def test_what_is_no_size(value: str) -> None:
    field = MaxArenaField(value, ADDRESS)
    with pytest.raises(TfLiteError) as error:
        field.bytes
    assert f"models:mcu, field `max_arena` = {value!r}" in str(error.value)
    assert 'max_arena="64KiB"' in str(error.value)


def test_sizes_to_read() -> None:
    assert [format_size(size) for size in (1, 4000)] == ["1 byte", "4,000 bytes"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1", 1),
        ("3221141", 3_221_141),
        ("250K", 250_000),
        ("4M", 4_000_000),
        ("4.5 M", 4_500_000),
        ("2G", 2 * 10**9),
        (None, None),
    ],
)
def test_counts(value: str | None, expected: int | None) -> None:
    assert MaxInstructionsField(value, ADDRESS).count == expected


@pytest.mark.parametrize("value", ["", "0", "M", "4m", "4MB", "1.5", "-4M", "04", "4,000", "4M\n"])
def test_what_is_no_count(value: str) -> None:
    field = MaxInstructionsField(value, ADDRESS)
    with pytest.raises(TfLiteError) as error:
        field.count
    assert f"models:mcu, field `max_instructions` = {value!r}" in str(error.value)
    assert 'max_instructions="4M"' in str(error.value)
