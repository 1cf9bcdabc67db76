# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Errors that users see: each names the target, the field, the value and the fix."""

from __future__ import annotations

import signal

from pants.engine.addresses import Address

from pants_tflite.sandbox.mistakes import Mistake, TfLiteError
from pants_tflite.sandbox.supervisor import UNFINISHED_EXIT_CODE

# What rules raise: `TfLiteError`, mostly for a `Mistake`.
__all__ = ("Mistake", "TfLiteError", "crash", "crash_text")

_LAST_LINES = 60


def crash(
    address: Address, *, step: str, exit_code: int, stdout: str, stderr: str, lacks: str = ""
) -> TfLiteError:
    """The error for a process that ended in a way that its program does not handle."""
    text = crash_text(step=step, exit_code=exit_code, stdout=stdout, stderr=stderr, lacks=lacks)
    return TfLiteError(f"{address}: {text}")


def crash_text(*, step: str, exit_code: int, stdout: str, stderr: str, lacks: str = "") -> str:
    """How a process ended in a way that its program does not handle, and what it printed last.

    `lacks` is what it left out, of what it must write.
    """
    # A shell reports a child that signal N killed as 128 + N.
    number = -exit_code if exit_code < 0 else exit_code - 128 if exit_code > 128 else 0
    if exit_code == UNFINISHED_EXIT_CODE:
        how = "ended before it had finished"
    elif number in {member.value for member in signal.Signals}:
        how = f"was killed by {signal.Signals(number).name} (signal {number})"
    else:
        how = f"ended with exit code {exit_code}"
    if lacks:
        how += f", and did not write {lacks}"
    output = "\n".join(f"{stdout}\n{stderr}".strip().splitlines()[-_LAST_LINES:])
    return f"{step} {how}. Its output ends with:\n\n{output or '(nothing)'}"
