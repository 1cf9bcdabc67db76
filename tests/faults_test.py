# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Code that leaves things behind, or ends a step early: nothing hangs, and nothing passes for success."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

import pytest

from tests.workspace import Workspace

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


def forks():
    if os.fork() == 0:
        raise SystemExit(0)
    os.wait()
    return Double()
"""
DATA = """\
import os
import numpy as np


def exits():
    yield np.zeros(2, np.float32)
    os._exit(0)
"""
BUILD = """\
python_sources()
tf_saved_model(name="leaves", entry_point="train.py:leaves")
tf_saved_model(name="exits", entry_point="train.py:exits")
tf_saved_model(name="forks", entry_point="train.py:forks")
tflite_dataset(name="data", entry_point="data.py:exits")
tflite_model(name="of_exits", saved_model=":exits")
"""


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a script says which processes it left behind."""
    return tmp_path_factory.mktemp("left") / "pids"


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace], left: Path) -> Workspace:
    # The path is new in each run, so that no cache has the step.
    files = {"m/train.py": TRAIN.replace("LEFT", str(left)), "m/data.py": DATA, "m/BUILD": BUILD}
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
