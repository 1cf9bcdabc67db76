# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""C++ literals and templates."""

from __future__ import annotations

import pkgutil
from pathlib import Path

import pytest

from pants_tflite.micro import templates
from pants_tflite.micro.generated.cpp import fill, float_literal


@pytest.mark.parametrize(
    ("value", "expected"), [(0.5, "0.5f"), (1e-05, "1e-05f"), (None, "0.0f"), (1, "1.0f")]
)
def test_float_literals(value: float | None, expected: str) -> None:
    assert float_literal(value) == expected


def test_every_placeholder_is_filled() -> None:
    text = fill("module.yml.in", library="sine_mcu")
    assert "name: sine_mcu\n" in text and "@" not in text


def test_templates_are_read_as_data() -> None:
    names = [path.name for path in Path(list(templates.__path__)[0]).glob("*.in")]
    assert names and all(pkgutil.get_data(templates.__name__, name) for name in names)
