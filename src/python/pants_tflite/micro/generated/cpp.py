# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""C++ text: literals, the types of tensors, and templates filled in."""

from __future__ import annotations

import pkgutil
from typing import Mapping, Optional

# What a tensor can hold that goes in or comes out, by its name in `model.json`: the enumerator in
# `tensor_info.h` and the bytes of a value.
TENSOR_TYPES: Mapping[str, tuple[str, int]] = {
    "bool": ("kBool", 1),
    "float32": ("kFloat32", 4),
    "int16": ("kInt16", 2),
    "int32": ("kInt32", 4),
    "int64": ("kInt64", 8),
    "int8": ("kInt8", 1),
    "uint32": ("kUint32", 4),
    "uint8": ("kUint8", 1),
}
_TEMPLATES = "pants_tflite.micro.templates"


def float_literal(value: Optional[float]) -> str:
    """A float in C++; `value` is the shortest decimal of a 32-bit float, or None for 0."""
    return f"{float(value or 0.0)!r}f"


def fill(template: str, **values: str) -> str:
    """The text of a file in `templates/` with every `@key@` replaced."""
    content = pkgutil.get_data(_TEMPLATES, template)
    assert content is not None, f"there is no template {template}"
    text = content.decode()
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text
