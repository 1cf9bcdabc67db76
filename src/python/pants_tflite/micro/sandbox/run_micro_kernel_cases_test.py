# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A program over the cases of a kernel's test. It is a script here: the real one needs a tree of
TFLite Micro, and is run by tests/micro_kernels_test.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pants_tflite.micro.sandbox.run_micro_kernel_cases import main
from pants_tflite.micro.sandbox.run_micro_kernel_cases_protocol import RunMicroCasesRequest
from pants_tflite.sandbox.harness import UserError
from pants_tflite.sandbox.kernel_tests.kernel_case import Case, write_cases
from pants_tflite.sandbox.kernel_tests.run_kernel_cases_protocol import CaseResults

# Doubles int8 values, or says what a kernel might say.
_PROGRAM = """\
#!{python}
import os, signal, sys
model, arena, variables, calls, inputs, outputs = sys.argv[1:]
assert open(model, "rb").read()[4:8] == b"TFL3" and int(arena) > 1 << 20
assert (variables, calls) == ("0", "1")
content = open(inputs, "rb").read()
if content[0] == 100:
    os.kill(os.getpid(), signal.SIGSEGV)
if content[0] == 50:
    sys.exit("Type INT8 not supported.")
open(outputs, "wb").write(bytes(2 * value for value in content[: 1 if content[0] == 40 else None]))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    Path("program").write_text(_PROGRAM.format(python=sys.executable))
    Path("program").chmod(0o755)
    return tmp_path


def _case(name: str, *values: int, doubled: bool = True) -> Case:
    array = np.array([values], np.int8)
    outputs = [2 * array if doubled else array]
    return Case.parse({"name": name, "inputs": [array], "outputs": outputs}, 0)


def _run(*cases: Case) -> dict[str, Any]:
    """The failure of each case that ran, None where it passed."""
    Path("cases").mkdir()
    write_cases(Path("cases"), cases)
    try:
        main(RunMicroCasesRequest(cases="cases", op="Twice", program="program"))
    except SystemExit as end:
        assert end.code == 1
    results = CaseResults.parse(Path("out/results.json").read_bytes())
    return {case.name: case.failure for case in results.cases}


def test_outputs_are_compared() -> None:
    failures = _run(_case("right", 1, 2, 3), _case("wrong", 1, 2, 3, doubled=False))
    assert failures["right"] is None
    assert "output 0 is 6 at [0, 2], where 3 is expected" in failures["wrong"]


def test_a_kernel_that_does_not_run_has_failed_with_what_it_said() -> None:
    failures = _run(_case("refused", 50), _case("killed", 100), _case("short", 40, 1))
    assert "could not run it: Type INT8 not supported." in failures["refused"]
    assert "it ends its process with SIGSEGV" in failures["killed"]
    assert "its outputs are of another size than the model says" in failures["short"]


def test_cases_without_elements_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(_case("empty"), _case("right", 1)) == {"right": None}
    assert "left out empty: " in capsys.readouterr().out


def test_only_cases_without_elements_are_no_test() -> None:
    with pytest.raises(UserError, match="every case has a tensor without elements"):
        _run(_case("empty"))
