# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pants_tflite.sandbox.harness import if_killed
from pants_tflite.sandbox.mistakes import Mistake, MistakeReport

FORESEEN = Mistake("loops are its end", fix="Unroll.")
PROGRAM = """\
import os
from pants_tflite.sandbox.harness import if_killed
from pants_tflite.sandbox.mistakes import Mistake

with if_killed(Mistake("loops are its end", fix="Unroll.")):
    os.abort()
"""


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / MistakeReport.FILE


def test_a_killed_process_leaves_its_report(report: Path) -> None:
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    finished = subprocess.run([sys.executable, "-c", PROGRAM], env=environment)
    assert finished.returncode == -signal.SIGABRT
    assert MistakeReport.parse(report.read_bytes()) == FORESEEN.to_report()


def test_a_process_that_lives_takes_its_report_back(report: Path) -> None:
    with if_killed(FORESEEN):
        assert report.exists()
    assert not report.exists()
    with pytest.raises(ValueError), if_killed(FORESEEN):
        raise ValueError("an error of its own")
    assert not report.exists()
