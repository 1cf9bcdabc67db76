# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import pytest

from pants_tflite.sandbox.constants import as_written


@pytest.mark.parametrize(
    ("number", "text"), [(1e-5, "1e-5"), (2.5e-7, "2.5e-7"), (1e-12, "1e-12"), (0.01, "0.01")]
)
def test_numbers_as_written(number: float, text: str) -> None:
    assert as_written(number) == text
