# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import pytest

from pants_tflite.sandbox.cpp_types import CPP_TYPES, CppType


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("int64", CppType("std::int64_t", "std::int64_t", "i64", "kInt64", 8)),
        ("uint8", CppType("std::uint8_t", "std::uint8_t", "uint8", "kUint8", 1)),
    ],
)
def test_integers(dtype: str, expected: CppType) -> None:
    assert CPP_TYPES[dtype] == expected
