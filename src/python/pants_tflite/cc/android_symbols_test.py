# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pants_tflite.cc.android_symbols import ANDROID_SYMBOLS, LIBC, LIBM, render_stub


def test_symbols_are_of_one_library() -> None:
    assert len(LIBC) + len(LIBM) == len(ANDROID_SYMBOLS)
    assert {"malloc", "memcpy"} <= set(LIBC)
    assert {"atan", "atan2f", "expf"} <= set(LIBM)


def test_what_libcs_lay_out_in_their_own_way_is_left_out() -> None:
    assert not ANDROID_SYMBOLS & {"__assert_fail", "__errno_location", "fopen", "stderr", "setjmp"}
    # long double differs between processors, and with it between headers.
    assert not any(symbol in ANDROID_SYMBOLS for symbol in ("atanl", "expl", "sqrtl"))


def test_stub() -> None:
    assert render_stub(("abs",)) == ".text\n.globl abs\n.type abs, %function\nabs:\n"
