# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Golden vectors in `.npz` files, read without NumPy."""

from __future__ import annotations

import ast
import struct
import zipfile
from pathlib import Path


def stored_bytes(archive: Path) -> list[list[int]]:
    """The int8 values of the one array in an `.npz` file, a row for each call."""
    with zipfile.ZipFile(archive) as arrays:
        (name,) = arrays.namelist()
        content = arrays.read(name)
    (length,) = struct.unpack_from("<H", content, 8)
    header = ast.literal_eval(content[10 : 10 + length].decode())
    assert header["descr"] == "|i1"
    values = struct.unpack(f"{len(content) - 10 - length}b", content[10 + length :])
    row = len(values) // header["shape"][0]
    return [list(values[start : start + row]) for start in range(0, len(values), row)]
