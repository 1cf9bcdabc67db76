# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Errors that users see: each names the target, the field, the value and the fix."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address

_LAST_LINES = 60


class TfLiteError(Exception):
    """A target cannot be built; the message tells its author what to do."""


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a target. `field` is None if no single field is at fault."""

    message: str
    fix: str
    field: Optional[str] = None
    value: Optional[str] = None
    detail: str = ""

    @classmethod
    def from_json(cls, text: bytes) -> Mistake:
        """Reads the `error.json` of a sandbox program."""
        error = json.loads(text)
        return cls(
            message=error["message"],
            fix=error["fix"],
            field=error["field"],
            value=error["value"],
            detail=error["detail"],
        )

    def at(self, address: Address) -> TfLiteError:
        where = str(address)
        if self.field:
            where += f", field `{self.field}`"
        if self.value is not None:
            where += f" = {self.value!r}"
        text = f"{where}: {self.message.rstrip('.')}.\n\nFix: {self.fix}"
        return TfLiteError(f"{text}\n\n{self.detail.rstrip()}" if self.detail.strip() else text)


def crash(address: Address, *, step: str, exit_code: int, stdout: str, stderr: str) -> TfLiteError:
    """The error for a process that ended in a way that its program does not handle."""
    # A shell reports a child that signal N killed as 128 + N.
    number = -exit_code if exit_code < 0 else exit_code - 128 if exit_code > 128 else 0
    if number in {member.value for member in signal.Signals}:
        how = f"was killed by {signal.Signals(number).name} (signal {number})"
    else:
        how = f"ended with exit code {exit_code}"
    output = "\n".join(f"{stdout}\n{stderr}".strip().splitlines()[-_LAST_LINES:])
    return TfLiteError(f"{address}: {step} {how}. Its output ends with:\n\n{output or '(nothing)'}")
