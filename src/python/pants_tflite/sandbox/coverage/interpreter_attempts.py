# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Loading models with whichever interpreter of TensorFlow Lite is installed, old or new.

It needs nothing but the interpreter and its NumPy. Each attempt has a process of its own: an old
interpreter may crash over a new model, and that is an answer.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import re
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pants_tflite.sandbox.coverage.attempts import attempt
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.texts import shorten

# The module of each distribution, the one without TensorFlow first.
_MODULES = {
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
    "tensorflow-cpu": "tensorflow.lite.python.interpreter",
    "tensorflow": "tensorflow.lite.python.interpreter",
}
_LONGEST_REASON = 300
# Zeros may make a loop endless, which says nothing about ops.
_MAX_SECONDS = 30
_SIGNALS_OF_VALUES = (signal.SIGALRM, signal.SIGFPE)
_LOOKUP = re.compile(
    r"Didn't find op for builtin opcode|[Uu]nresolved custom op|Select TensorFlow op"
)
# An op that refuses zeros, say as a divisor, is not missing.
_TYPE_IS_LACKING = re.compile(
    r"not (currently )?supported|unsupported|not implemented|unimplemented|only (currently )?supports?",
    re.IGNORECASE,
)
# What every refusal has, where the interpreter was compiled, and where to read on.
_NOISE = re.compile(
    r"Node number \d+ \([^)]*\) failed to (prepare|invoke)\.?|Registration failed\.|"
    r"Are you using an old TFLite binary with a newer model\?|See instructions: \S+|"
    r"(?<!\S)[\w./-]*/(?=[\w-]+\.cc:\d+)"
)


@dataclass(frozen=True)
class Refusal:
    """Why a model is refused. `is_lookup` says that there is no kernel for an op, whatever its types
    are."""

    reason: str
    is_lookup: bool


@dataclass(frozen=True)
class Interpreter:
    """The installed interpreter; `version` names and numbers it."""

    module: Any
    version: str

    @classmethod
    def find(cls) -> Interpreter:
        """Raises Mistake if none is installed."""
        for distribution, module in _MODULES.items():
            try:
                version = importlib.metadata.version(distribution)
            except importlib.metadata.PackageNotFoundError:
                continue
            return cls(importlib.import_module(module), f"{distribution} {version}")
        raise Mistake(
            "its environment has no interpreter of TensorFlow Lite",
            fix=f"Lock one of {', '.join(_MODULES)}.",
        )

    def refusal(self, path: Path) -> Refusal | None:
        """Why the model in a file does not load, or does not run for the type of a tensor; or None."""
        load = attempt(lambda: self._raised(path, runs=False))
        if load.signal:
            return Refusal(_crash_text(load.signal), is_lookup=False)
        if load.value:
            return Refusal(tidy(load.value), is_lookup=_LOOKUP.search(load.value) is not None)
        run = attempt(lambda: self._raised(path, runs=True))
        if run.signal and run.signal not in _SIGNALS_OF_VALUES:
            return Refusal(_crash_text(run.signal), is_lookup=False)
        if run.succeeded and _TYPE_IS_LACKING.search(run.value):
            return Refusal(tidy(run.value), is_lookup=False)
        return None

    def _raised(self, path: Path, *, runs: bool) -> str:
        """What the interpreter raises over a model, or nothing."""
        try:
            interpreter = self.module.Interpreter(model_path=str(path), num_threads=1)
            interpreter.allocate_tensors()
            if runs:
                signal.alarm(_MAX_SECONDS)
                for details in interpreter.get_input_details():
                    zeros = np.zeros(details["shape"], details["dtype"])
                    interpreter.set_tensor(details["index"], zeros)
                interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            return str(error) or type(error).__name__
        return ""


def _crash_text(number: int) -> str:
    return f"it ends the process with {signal.Signals(number).name}"


def tidy(text: str) -> str:
    """An interpreter's refusal without what all have."""
    return shorten(_NOISE.sub(" ", text), _LONGEST_REASON) or shorten(text, _LONGEST_REASON)
