# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Builds of which something is killed at a random moment: the next run completes them, as if nothing had been.

PANTS_TFLITE_KILLS says how often; before a release it should be 20, and every fourth build trains a model then. By
default, each kind of process is killed once, in builds that take seconds.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path
from typing import Callable

import pytest

from tests.kills import KINDS, disturb
from tests.workspace import Workspace

ASKED = os.environ.get("PANTS_TFLITE_KILLS")
KILLS = int(ASKED or len(KINDS))
# A build that ends before its moment has come is tried again with another package.
TRIES = 2 * KILLS + 2
BUILD = """\
tflite_file(name="scores", source="scores.tflite")
tflite_linux_archive(name="linux", models=[":scores"])
tflite_micro_library(name="mcu", models=[":scores"])
"""
TRAINED = """\
python_sources()
tf_saved_model(name="line", entry_point="line.py:line")
tflite_model(name="float32", saved_model=":line", quantization="float32")
tflite_linux_archive(name="both", models=[":float32", ":scores"])
"""
# The line y = 2x - 1, with a name that no other package has.
LINE = """\
import tensorflow as tf


class Line(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec((None, 1), tf.float32, name="x")])
    def __call__(self, x):
        return {"NAME": 2 * x - 1}


def line():
    return Line()
"""


def _package(number: int) -> dict[str, str | bytes]:
    """A package whose steps have no other's keys, so that its build begins without results."""
    model = Path(__file__).with_name("two_scores.tflite").read_bytes()
    name = b"serving_default"
    assert model.count(name) > 0
    return {
        f"p{number}/BUILD": BUILD + (TRAINED if ASKED and number % 4 == 0 else ""),
        f"p{number}/line.py": LINE.replace("NAME", f"y{number}"),
        # A name of the same length leaves offsets as they are.
        f"p{number}/scores.tflite": model.replace(name, b"signature_%05d" % number),
    }


def _files(packages: list[int]) -> dict[str, str | bytes]:
    return {path: content for number in packages for path, content in _package(number).items()}


def _hashes_of(number: int, hashes: dict[str, str]) -> dict[str, str]:
    return {path: value for path, value in hashes.items() if path.startswith(f"p{number}/")}


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_what_is_killed_is_completed_by_the_next_run(
    new_workspace: Callable[..., Workspace], tmp_path: Path
) -> None:
    # Packages of their own for each run of the test, so that no cache has their steps.
    unique = time.time_ns() % 90_000 + 1000
    packages = [unique + index for index in range(1 + TRIES)]
    workspace = new_workspace(_files(packages))
    built = packages[:1]
    workspace.succeed("package", "--help")
    # With the daemon and the environments there.
    begin = time.monotonic()
    workspace.succeed("package", f"p{built[0]}::")
    seconds = time.monotonic() - begin
    chance = random.Random(1)
    kills = 0
    for number in packages[1:]:
        if kills == KILLS:
            break
        goal, kind = ("package", f"p{number}::"), KINDS[kills % len(KINDS)]
        after = chance.uniform(0, seconds)
        begin = time.monotonic()
        disturbed = disturb(workspace, goal, kind, after, chance)
        if disturbed.victim is None:
            assert disturbed.exit_code == 0, disturbed.printed
            seconds = min(seconds, time.monotonic() - begin)
        left = _hashes_of(number, workspace.dist_hashes())
        print(
            f"{kind} after {after:.1f} of {seconds:.1f} s, {len(left)} files written: "
            f"{disturbed.victim or 'too late'}"
        )
        workspace.succeed(*goal)
        completed = _hashes_of(number, workspace.dist_hashes())
        # What a killed build had written was whole.
        assert left == {path: completed[path] for path in left}
        assert "Traceback (most recent call last)" not in disturbed.printed, disturbed.printed
        built.append(number)
        kills += disturbed.victim is not None
    assert kills == KILLS
    completed = workspace.dist_hashes()
    assert len(completed) > 10 * len(built)

    undisturbed = new_workspace(_files(packages))
    store = tmp_path / "store"
    env = {"PANTS_LOCAL_STORE_DIR": str(store)}
    run = undisturbed.pants("package", *(f"p{number}::" for number in built), env=env)
    assert run.exit_code == 0, run.stderr
    assert undisturbed.dist_hashes() == completed
