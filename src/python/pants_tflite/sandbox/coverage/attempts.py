# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Trying something in a process of its own: native code, such as a runtime or a driver, can end its process.

TFLite Micro can end in a segmentation fault if an arena is too small, an old interpreter over a new model, a
Vulkan driver without its hardware. Why something is refused may be written to file descriptor 2 only. A fork
takes a few milliseconds, and a new interpreter 200.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import tempfile
import traceback
from dataclasses import dataclass
from typing import Any, Callable

# What the Python interfaces of runtimes raise if they refuse something.
_REFUSALS = (RuntimeError, ValueError)
_REFUSED = 3


@dataclass(frozen=True)
class Attempt:
    """How it went: the `value` that was returned, or a refusal, or the number of a `signal`.

    `text` is what was written to file descriptor 2.
    """

    succeeded: bool
    value: Any
    signal: int
    text: str


def attempt(function: Callable[[], Any]) -> Attempt:
    """Calls `function` in a forked process; its value must be one that pickle takes."""
    with tempfile.TemporaryFile() as value, tempfile.TemporaryFile() as text:
        child = os.fork()
        if child == 0:
            _run_child(function, value, text)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        value.seek(0)
        text.seek(0)
        written = text.read().decode(errors="replace").strip()
        if code == 0:
            return Attempt(succeeded=True, value=pickle.load(value), signal=0, text=written)
        if code < 0 or code == _REFUSED:
            return Attempt(succeeded=False, value=None, signal=max(-code, 0), text=written)
        raise AssertionError(f"an attempt ended with exit code {code}:\n{written}")


def _run_child(function: Callable[[], Any], value: Any, text: Any) -> None:
    code = 1
    try:
        # A crash is reported by its signal, not by a traceback of this program.
        faulthandler.disable()
        os.dup2(text.fileno(), 2)
        pickle.dump(function(), value)
        value.flush()
        code = 0
    except _REFUSALS as error:
        os.write(2, f"\n{error}\n".encode())
        code = _REFUSED
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        # Skips the parent's exit handlers and buffers.
        os._exit(code)
