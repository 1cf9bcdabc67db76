# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest

from pants_tflite.sandbox.binaries.universal_format import Slice, is_universal, join, split

SLICES = [Slice("x86_64", b"intel"), Slice("aarch64", b"arm")]


def test_slices_are_sorted_aligned_and_found_again() -> None:
    joined = join(SLICES)
    assert is_universal(joined)
    assert split(joined) == [Slice("aarch64", b"arm"), Slice("x86_64", b"intel")]
    # Pages of 16 KB on Arm, of 4 KB on Intel.
    assert (joined.index(b"arm"), joined.index(b"intel")) == (0x4000, 0x5000)


def test_one_architecture_twice() -> None:
    with pytest.raises(AssertionError, match="two slices of one architecture"):
        join([SLICES[0], SLICES[0]])


def test_a_java_class_is_none() -> None:
    assert not is_universal(bytes.fromhex("cafebabe00000034"))
    assert not is_universal(b"\xca\xfe")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (join(SLICES)[:20], "cut short"),
        (join(SLICES)[:-1], "slice 1 ends beyond the file"),
        (join(SLICES).replace(b"\x01\x00\x00\x0c", b"\x01\x00\x00\x12"), "unknown processor"),
    ],
)
def test_damaged(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        split(data)
