# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""C++ text: literals, and templates filled in."""

from __future__ import annotations

from typing import Optional

from pants_tflite.resources import read_resource

_TEMPLATES = "pants_tflite.micro.templates"


def float_literal(value: Optional[float]) -> str:
    """A float in C++; `value` is the shortest decimal of a 32-bit float, or None for 0."""
    return f"{float(value or 0.0)!r}f"


def fill(template: str, **values: str) -> str:
    """The text of a file in `templates/` with every `@key@` replaced."""
    text = read_resource(_TEMPLATES, template).decode()
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text
