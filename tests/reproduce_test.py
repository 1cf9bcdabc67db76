# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants tflite-reproduce`: what is the same every time, and what only seems to be."""

from __future__ import annotations

from typing import Callable

import pytest

from tests.workspace import Workspace

BUILD = """\
python_sources()

tflite_dataset(name="seeded", entry_point="data.py:seeded")
tflite_dataset(name="dated", entry_point="data.py:dated")
"""
DATA = """\
import time

import numpy as np


def seeded():
    yield from np.random.default_rng(3).normal(size=(4, 2)).astype(np.float32)


def dated():
    for _ in range(3):
        yield np.array([time.time() % 1000.0, 1.0], np.float32)
"""


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    return new_workspace({"m/BUILD": BUILD, "m/data.py": DATA, "m/README.md": "no target\n"})


def test_equal_bytes_are_reported_and_dist_stays_as_it_is(workspace: Workspace) -> None:
    run = workspace.succeed("tflite-reproduce", "m:seeded")
    assert run.stdout == (
        "Steps that yielded the same bytes twice: 1. Packaged files that are identical: 1.\n"
    )
    assert run.steps.count("Sample the dataset m:seeded") == 2
    assert not (workspace.folder / "dist").exists()
    assert not list((workspace.folder / ".pants.d").glob("**/tflite-reproduce/*"))


def test_a_planted_clock_is_found(workspace: Workspace) -> None:
    run = workspace.pants("tflite-reproduce", "m::")
    assert run.exit_code == 1
    assert "✕ Sample the dataset m:dated\n  out/dataset.json, byte " in run.stderr
    assert "  out/dataset.npz, byte " in run.stderr
    assert ": the member `input/0.npy`\n" in run.stderr
    assert "- the clock: `time.time()` in m/data.py, line 12\n" in run.stderr
    assert "✕ Sample the dataset m:seeded" not in run.stderr
    assert "Packaged files that differ, " in run.stderr
    assert not run.stdout


def test_what_cannot_be_packaged_is_an_error(workspace: Workspace) -> None:
    error = workspace.fail("tflite-reproduce", "m/data.py")
    assert "none of those named can be packaged" in error
    assert "Fix: Name models, datasets or bundles." in error


def test_a_build_that_fails_is_no_proof(workspace: Workspace) -> None:
    workspace.write({"m/data.py": DATA.replace("(4, 2)", "(4, 2), nothing=1")})
    run = workspace.pants("tflite-reproduce", "m:seeded")
    workspace.write({"m/data.py": DATA})
    assert run.exit_code == 1
    assert "m:seeded" in run.stderr
    assert "identical" not in run.stdout
