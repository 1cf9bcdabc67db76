# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Code that leaves things behind, or ends a step early: nothing hangs, and nothing passes for success."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

import pytest

from tests.workspace import Workspace

# What the model in two_scores.tflite calls its signature.
NAME = b"serving_default"
TRAIN = """\
import os
import subprocess
import threading
import time
import tensorflow as tf


class Double(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec((None, 2), tf.float32, name="x")])
    def __call__(self, x):
        return {"y": 2 * x}


def leaves():
    pids = [subprocess.Popen(["sleep", "1000"]).pid]
    pids.append(subprocess.Popen(["sleep", "1000"], start_new_session=True).pid)
    pids.append(os.fork())
    if not pids[-1]:
        time.sleep(1000)
    threading.Thread(target=time.sleep, args=(1000,)).start()
    with open("LEFT", "w") as file:
        print(*pids, file=file)
    return Double()


def exits():
    os._exit(0)


def reads():
    with open("OUTSIDE/secret.txt") as file:
        assert file.read() == "1"
    return Double()


def forks():
    if os.fork() == 0:
        raise SystemExit(0)
    os.wait()
    return Double()
"""
DATA = """\
import os
import socket
import numpy as np


def exits():
    yield np.zeros(2, np.float32)
    os._exit(0)


def looks_up():
    try:
        socket.getaddrinfo("models.invalid", 443)
    except OSError:
        pass
    yield np.zeros(2, np.float32)
"""
BUILD = """\
python_sources()
tf_saved_model(name="leaves", entry_point="train.py:leaves")
tf_saved_model(name="exits", entry_point="train.py:exits")
tf_saved_model(name="forks", entry_point="train.py:forks")
tf_saved_model(name="reads", entry_point="train.py:reads")
tflite_dataset(name="data", entry_point="data.py:exits")
tflite_dataset(name="looks_up", entry_point="data.py:looks_up")
tflite_file(name="unnamed", source="unnamed.tflite")
tflite_model(name="of_exits", saved_model=":exits")
"""


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a script says which processes it left behind."""
    return tmp_path_factory.mktemp("left") / "pids"


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace], left: Path) -> Workspace:
    # The path is new in each run, so that no cache has the step.
    train = TRAIN.replace("LEFT", str(left)).replace("OUTSIDE", str(left.parent))
    left.with_name("secret.txt").write_text("1")
    model = Path(__file__).with_name("two_scores.tflite").read_bytes()
    assert model.count(NAME) > 0
    files = {
        "m/train.py": train,
        "m/data.py": DATA,
        "m/BUILD": BUILD,
        "m/unnamed.tflite": model.replace(NAME, b"\0" * len(NAME)),
    }
    return new_workspace(files)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_step_ends_with_all_that_it_started(workspace: Workspace, left: Path) -> None:
    workspace.succeed("package", "m:leaves", "m:forks")
    pids = list(map(int, left.read_text().split()))
    assert len(pids) == 3 and not any(map(_lives, pids))
    assert not [path for path in workspace.dist_hashes() if "error" in path]


@pytest.mark.parametrize("target", ["exits", "of_exits", "data"])
def test_an_early_end_is_no_success(workspace: Workspace, target: str) -> None:
    error = workspace.fail("package", f"m:{target}")
    maker = "data" if target == "data" else "exits"
    assert f"m:{maker}: " in error and "ended before it had finished" in error
    assert "the code that it called ended it" in error


def test_what_code_uses_outside_of_its_sandbox_is_told(workspace: Workspace, left: Path) -> None:
    told = workspace.succeed("package", "m:reads", "m:looks_up").stderr
    secret = left.with_name("secret.txt")
    assert f"m:reads reads `{secret}`, outside of its sandbox. A change there" in told
    assert "m:looks_up uses the network (`models.invalid`). A change there" in told
    # The paths are this machine's, so that no file has them.
    dist = workspace.folder / "dist"
    assert not [path for path in dist.rglob("*") if "outside_use" in path.name]
    assert "secret.txt" not in "".join(path.read_text() for path in dist.rglob("*.json"))


def test_a_name_that_nothing_can_be_called_by(workspace: Workspace) -> None:
    error = workspace.fail("package", "m:unnamed")
    assert "m:unnamed, field `source`" in error
    assert "`unnamed.tflite` is not an intact TensorFlow Lite model" in error
    assert "has a null character" in error
