# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import os
import signal

import pytest

from pants_tflite.sandbox.coverage.attempts import Attempt, attempt


def _refuse() -> None:
    os.write(2, b"Didn't find op\r\n")
    raise RuntimeError("refused")


def test_value() -> None:
    assert attempt(lambda: [1, "a"]) == Attempt(True, [1, "a"], 0, "")


def test_refusal_with_what_was_written_to_the_file_descriptor() -> None:
    refused = attempt(_refuse)
    assert (refused.succeeded, refused.signal) == (False, 0)
    assert refused.text.split() == ["Didn't", "find", "op", "refused"]


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV])
def test_a_killed_process_leaves_this_one_alive(number: int) -> None:
    killed = attempt(lambda: os.kill(os.getpid(), number))
    assert (killed.succeeded, killed.signal) == (False, number)


def test_a_bug_is_no_refusal() -> None:
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        attempt(lambda: 1 // 0)
