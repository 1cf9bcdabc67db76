# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants tflite-reproduce`: what is the same every time, and what only seems to be."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from tests.workspace import Workspace

MODEL = Path(__file__).with_name("two_scores.tflite").read_bytes()
BUILD = """\
python_sources()

tflite_dataset(name="seeded", entry_point="data.py:seeded", nondeterministic="It may draw anew.")
tflite_dataset(name="dated", entry_point="data.py:dated", nondeterministic="A clock is read.")
tflite_file(name="scores", source="two_scores.tflite", verify_dataset=":dated")
tflite_android_library(name="android", models=[":scores"], package="org.example.scores")
"""
DATA = """\
import time

import numpy as np


def seeded():
    yield from np.random.default_rng(3).normal(size=(4, 3)).astype(np.float32)


def dated():
    for _ in range(3):
        yield np.array([time.time() % 1000.0, 1.0, 2.0], np.float32)
"""
FILES: dict[str, str | bytes] = {
    "m/BUILD": BUILD,
    "m/data.py": DATA,
    "m/README.md": "no target\n",
    "m/two_scores.tflite": MODEL,
}
DECLARED = "○ Sample the dataset m:dated differs, as is declared: A clock is read.\n"
NOTE = "m:seeded is declared as `nondeterministic`, but yielded the same bytes; the field can go.\n"


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    return new_workspace(FILES)


def test_what_is_declared_may_differ_and_dist_stays_as_it_is(workspace: Workspace) -> None:
    run = workspace.succeed("tflite-reproduce", "m::")
    assert run.stdout.startswith("Steps that yielded the same bytes twice: ")
    assert f"\n{DECLARED}{NOTE}Steps that differ because they take what these yield: " in run.stdout
    assert "Packaged files that differ for these reasons, " in run.stdout
    assert "  m/android/m-android-0.1.0.aar\n" in run.stdout
    assert "m/seeded/" not in run.stdout
    assert run.steps.count("Sample the dataset m:seeded") == 2
    assert not (workspace.folder / "dist").exists()
    assert not list((workspace.folder / ".pants.d").glob("**/tflite-reproduce/*"))


def test_a_bundle_says_what_its_models_were_made_with(workspace: Workspace) -> None:
    workspace.succeed("package", "m:android")
    (model,) = workspace.json("m/android/manifest.json")["models"]
    assert model["nondeterministic"] == [{"address": "m:dated", "reason": "A clock is read."}]


def test_an_empty_reason_is_an_error(workspace: Workspace) -> None:
    workspace.write({"m/BUILD": BUILD.replace("A clock is read.", " ")})
    for command in (("package", "m:dated"), ("tflite-reproduce", "m:android")):
        error = workspace.fail(*command)
        assert "m:dated, field `nondeterministic` = ' ': the reason is empty" in error
        assert "Fix: Say in a sentence why the bytes differ, or leave the field out." in error
    workspace.write(FILES)


def test_what_cannot_be_packaged_is_an_error(workspace: Workspace) -> None:
    error = workspace.fail("tflite-reproduce", "m/data.py")
    assert "none of those named can be packaged" in error
    assert "Fix: Name models, datasets or bundles." in error


def test_a_build_that_fails_is_told_by_its_own_error_and_leaves_nothing(
    workspace: Workspace,
) -> None:
    workspace.write({"m/BUILD": BUILD, "m/two_scores.tflite": MODEL[:400]})
    error = workspace.fail("tflite-reproduce", "m:scores")
    assert "m:scores" in error and "Fix: " in error
    assert "Run 1 of 2:" in error and "Run 2 of 2:" not in error
    assert not list((workspace.folder / ".pants.d").glob("**/tflite-reproduce/*"))
    workspace.write(FILES)
