# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest

from pants_tflite.c_literals import string_literal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat", '"cat"'),
        ('a"b\\c\n', '"a\\042b\\134c\\012"'),
        ("ä1", '"\\303\\2441"'),
        ("what??!", '"what\\077\\077!"'),
        ('é1"??/\\\n', r'"\303\2511\042\077\077/\134\012"'),
    ],
)
def test_string_literals(text: str, expected: str) -> None:
    assert string_literal(text) == expected
