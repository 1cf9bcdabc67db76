# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Mutants of models, inspected and verified in a process each: the interpreter may die of one, we may not.

PANTS_TFLITE_MUTANTS says how many there are of each model.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import pytest

from pants_tflite.sandbox.harness import USER_ERROR_EXIT_CODE, run
from pants_tflite.sandbox.mistakes import MistakeReport
from pants_tflite.sandbox.protocol import Message
from pants_tflite.sandbox.testing.small_models import (
    OpSpec,
    SignatureSpec,
    TensorSpec,
    build_model,
)
from pants_tflite.sandbox.testing.verify_requests import verify_request
from pants_tflite.sandbox.tflite import inspect_model
from pants_tflite.sandbox.tflite.inspect_model_protocol import InspectionRequest
from pants_tflite.sandbox.verification import verify

MUTANTS = int(os.environ.get("PANTS_TFLITE_MUTANTS", "60"))
_MAX_SECONDS = 20.0
_DENSE = (
    TensorSpec("x", (None, 2)),
    TensorSpec("w", (3, 2), value=0.5),
    TensorSpec("b", (3,), value=1.0),
    TensorSpec("h", (None, 3)),
    TensorSpec("y", (None, 3)),
)
_QUANTIZED = (
    TensorSpec("x", (1, 2), "int8", scale=0.5, zero_point=3),
    TensorSpec("h", (1, 2)),
    TensorSpec("y", (1, 2), "int8", scale=0.25, zero_point=-1),
)
MODELS = {
    "dense": build_model(
        _DENSE,
        [OpSpec("FULLY_CONNECTED", ("x", "w", "b"), ("h",)), OpSpec("SOFTMAX", ("h",), ("y",))],
        {"serving_default": SignatureSpec({"x": "x"}, {"y": "y"})},
    ),
    "int8": build_model(
        _QUANTIZED, [OpSpec("DEQUANTIZE", ("x",), ("h",)), OpSpec("QUANTIZE", ("h",), ("y",))]
    ),
}


def mutants(data: bytes, seed: str) -> Iterator[bytes]:
    """Some bytes changed, or a number of 32 bits, as offsets, sizes and types are; now and then cut."""
    chance = random.Random(seed)
    while True:
        mutant = bytearray(data)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(8, len(mutant) - 4)
            if chance.random() < 0.5:
                mutant[place] = chance.randrange(256)
            else:
                number = chance.choice((0, 1, 2, 4, 255, 1 << 16, (1 << 31) - 1, (1 << 32) - 1))
                mutant[place : place + 4] = number.to_bytes(4, "little")
        yield bytes(mutant if chance.random() > 0.05 else mutant[: chance.randrange(len(mutant))])


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit code, or minus a signal's number, and what it left and printed."""

    code: int
    mistake: MistakeReport | None
    printed: str

    @property
    def is_ours(self) -> bool:
        """Whether the plugin has an error for it with the target's address and not a traceback: of a
        mistake, or of native code that died."""
        died = self.code in (-signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGSEGV)
        refused = self.code == USER_ERROR_EXIT_CODE and self.mistake is not None
        return self.code == 0 or died or refused


def run_forked(program: Any, request: Message, folder: Path) -> Ended:
    """Runs a program in a fork, which has its imports already, as its own process does."""
    folder.mkdir()
    (folder / "request.json").write_bytes(request.render())
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        stream = os.open("printed", os.O_CREAT | os.O_WRONLY)
        os.dup2(stream, 1)
        os.dup2(stream, 2)
        sys.stdout = sys.__stdout__
        sys.stderr = sys.__stderr__
        sys.argv[:] = ["program", "request.json"]
        run(program.main, type(request))
    deadline = time.monotonic() + _MAX_SECONDS
    status = 0
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(0.001)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        pytest.fail(f"it did not end: {folder}")
    error = folder / "out" / MistakeReport.FILE
    return Ended(
        os.waitstatus_to_exitcode(status),
        MistakeReport.parse(error.read_bytes()) if error.exists() else None,
        (folder / "printed").read_text(errors="replace"),
    )


@pytest.mark.parametrize("name", MODELS)
def test_mutants_are_verified_or_refused(name: str, tmp_path: Path) -> None:
    outcomes: set[str] = set()
    for number, mutant in zip(range(MUTANTS), mutants(MODELS[name], name)):
        model = tmp_path / f"{number}.tflite"
        model.write_bytes(mutant)
        request = InspectionRequest(str(model), "source")
        ended = run_forked(inspect_model, request, tmp_path / f"inspect{number}")
        assert ended.is_ours and ended.code >= 0, (ended, mutant)
        if ended.code == 0:
            asked = verify_request(str(model), dataset_field="dataset", max_samples=2)
            ended = run_forked(verify, asked, tmp_path / f"verify{number}")
            assert ended.is_ours, (ended, mutant)
            outcomes.add("verified" if ended.code == 0 else "refused")
        else:
            outcomes.add("damaged")
    assert outcomes == {"damaged", "refused", "verified"}
