# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import pytest

from pants_tflite.micro.generated.cpp import fill
from pants_tflite.sandbox.constants import ARENA_ALIGNMENT


@pytest.mark.parametrize(
    ("template", "constant"), [("arena.h.in", "kArenaAlignment"), ("measure.cc.in", "kAlignment")]
)
def test_the_templates_align_arenas_as_the_measuring_does(template: str, constant: str) -> None:
    assert f"constexpr std::size_t {constant} = {ARENA_ALIGNMENT};" in fill(template)
