# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Readers of files that come from elsewhere, fed with a corpus, with what once broke them, and with mutants.

PANTS_TFLITE_FUZZING_SECONDS says how long each reader gets mutants; before a release it should be 600. By default each
gets a small number, the same ones on each machine: a change fails for what it broke, not for what a faster machine finds.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzzing.readers import CORPUS, READERS

SECONDS = int(os.environ.get("PANTS_TFLITE_FUZZING_SECONDS", "0"))
RUNS = 5000
# What a start of the fuzzer and the small number of mutants take, on a busy machine.
_START_SECONDS = 120
_ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for path in CORPUS.rglob("*") if path.is_file())


def test_each_reader_has_a_corpus() -> None:
    assert {path.parent.name for path in FILES} == set(READERS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_file_of_the_corpus(path: Path) -> None:
    assert path.stat().st_size < 2048
    READERS[path.parent.name](path.read_bytes())


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this platform"
)
@pytest.mark.parametrize("reader", sorted(READERS))
def test_mutants(reader: str, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "tests.fuzzing.fuzz", reader)
    limit = f"--seconds={SECONDS}" if SECONDS else f"--runs={RUNS}"
    run = subprocess.run(
        [*command, limit, "--seed=1", f"--findings={tmp_path}"],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS + _START_SECONDS,
    )
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert run.returncode == 0, f"{run.stdout.decode(errors='replace')[-4000:]}\n{found}"
    assert b"stat::number_of_executed_units" in run.stdout
