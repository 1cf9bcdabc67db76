# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Literals in generated C and C++."""

from __future__ import annotations

# A question mark might begin a trigraph.
_PLAIN = frozenset(byte for byte in range(0x20, 0x7F) if chr(byte) not in '"\\?')


def string_literal(text: str) -> str:
    """`text` as a string of UTF-8 in characters that any compiler takes: what is not a plain ASCII
    character is an octal escape, which is of three digits, so that no digit after it can be taken
    for a part of it."""
    return '"' + "".join(chr(b) if b in _PLAIN else f"\\{b:03o}" for b in text.encode()) + '"'
