# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pants_tflite.micro.measuring.shared_arena import ArenaNeed, shared_arena_bytes


def test_one_model_needs_what_it_needs() -> None:
    assert shared_arena_bytes([ArenaNeed(1000, 600, 300)]) == 1000


def test_models_keep_what_is_persistent_and_share_the_rest() -> None:
    large, small = ArenaNeed(5008, 1000, 4000), ArenaNeed(1200, 800, 400)
    # 1000 and 800 are rounded up to 1008 and 800; 8 are temporary.
    assert shared_arena_bytes([large, small]) == 5824
    assert shared_arena_bytes([large, small]) < large.smallest + small.smallest


def test_a_model_needs_its_temporary_bytes_beside_what_those_before_it_keep() -> None:
    needs = [ArenaNeed(1600, 1600, 0), ArenaNeed(3200, 160, 16)]
    assert shared_arena_bytes(needs) == 1600 + 160 + 16 + 3024
    assert shared_arena_bytes([ArenaNeed(320, 320, 0)] * 3) == 960
