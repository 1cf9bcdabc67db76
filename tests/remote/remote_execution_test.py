# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Steps that run on another machine, by buildbox, and what must be the same as if they had run on this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Iterator

import pytest

from tests.remote.servers import BUILDBOX_LOCK, Worker, find_python, install
from tests.workspace import ROOT, PantsRun, Workspace

PROFILE = "pants.remote-execution.toml"
PAGE = (ROOT / "docs" / "scaling.md").read_text()
PYTHON = find_python("3.11")
BUILD = """\
python_sources(name="sources")
tflite_dataset(name="samples", entry_point="train.py:samples"{environment})
tf_saved_model(name="line", entry_point="train.py:export"{environment})
tflite_model(name="float", saved_model=":line", verify_dataset=":samples")
"""
TRAIN = """\
import numpy as np
import tensorflow as tf


class Line(tf.Module):
    def __init__(self):
        super().__init__()
        self.slope = tf.Variable({slope})

    @tf.function(input_signature=[tf.TensorSpec((1, 1), tf.float32)])
    def __call__(self, x):
        return self.slope * x - 1.0


def export():
    return Line()


def samples():
    for x in range(4):
        yield {{"x": np.full((1, 1), x, np.float32)}}
"""
NAMES = """\
[environments-preview.names]
worker = "//:worker"
bare = "//:bare"
"""


def _can_sandbox() -> bool:
    command = ("bwrap", "--ro-bind", "/", "/", "true")
    return (
        shutil.which("bwrap") is not None
        and shutil.which("fusermount3") is not None
        and subprocess.run(command, capture_output=True, check=False).returncode == 0
        and os.access("/dev/fuse", os.R_OK | os.W_OK)
    )


pytestmark = [
    pytest.mark.skipif(PYTHON is None, reason="steps run on CPython 3.11"),
    pytest.mark.skipif(
        not _can_sandbox(), reason="buildbox needs bubblewrap (bubblewrap) and FUSE (fuse3)"
    ),
]


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    assert PYTHON is not None
    folder = tmp_path_factory.mktemp("buildbox")
    install(folder / "environment", PYTHON, BUILDBOX_LOCK)
    with Worker(folder / "environment", folder / "worker", PYTHON) as started:
        yield started


class Repository:
    """A workspace whose daemon sends steps to the worker."""

    def __init__(self, folder: Path, worker: Worker) -> None:
        declared = "".join(
            f"remote_environment(name='{name}', python_bootstrap_search_path=['{place}'])\n"
            for name, place in (("worker", worker.python), ("bare", "/nowhere"))
        )
        self.slope = 1.0 + uuid.uuid4().int % 10_000 / 10_000
        self.workspace = Workspace(
            folder,
            {
                "BUILD": declared,
                ".pants.rc": NAMES,
                "m/train.py": TRAIN.format(slope=self.slope),
                PROFILE: (ROOT / PROFILE).read_text(),
            },
        )
        self._options = (
            f"--pants-config-files={PROFILE}",
            f"--remote-execution-append-only-caches-base-path={worker.CACHES_FOLDER}",
            "--stats-log",
        )
        self._env = {"REMOTE_EXECUTION": worker.address}

    def package(self, environment: str) -> PantsRun:
        """Packages everything, with training and sampling in an environment."""
        shutil.rmtree(self.workspace.folder / "dist", ignore_errors=True)
        self.workspace.write({"m/BUILD": BUILD.format(environment=environment)})
        return self.workspace.pants(*self._options, "package", "m::", env=self._env)


@pytest.fixture(scope="module")
def repository(worker: Worker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    made = Repository(tmp_path_factory.mktemp("repository"), worker)
    yield made
    made.workspace.close()


def executions(run: PantsRun) -> int:
    assert run.counters["remote_execution_errors"] == 0
    return run.counters["remote_execution_success"]


def test_training_runs_elsewhere_and_all_else_here_with_the_same_model(
    repository: Repository,
) -> None:
    elsewhere = repository.package(', environment="worker"')
    assert elsewhere.exit_code == 0, elsewhere.stderr
    hashes = repository.workspace.dist_hashes()
    # The third one asks the worker for its environment variables.
    assert executions(elsewhere) == 3
    trained, sampled = "Train and export m:line", "Sample the dataset m:samples"
    assert {trained, sampled, "Convert m:float to float32"} <= set(elsewhere.steps)
    here = repository.package("")
    assert here.exit_code == 0, here.stderr
    assert executions(here) == 0
    assert {trained, sampled} <= set(here.steps)
    # The worker's server describes a folder otherwise, so that what reads the SavedModel runs again. It makes the
    # same model, and nothing after it runs.
    following = {"Convert m:float to float32", "Record what m:line computes"}
    assert set(here.steps) <= {trained, sampled, *following}
    assert repository.workspace.dist_hashes() == hashes != {}


def test_a_name_that_no_environment_has(repository: Repository) -> None:
    run = repository.package(', environment="wroker"')
    assert run.exit_code != 0
    assert "Unrecognized environment name `wroker`" in run.stderr
    assert "the `environment` field from the target m:" in run.stderr
    assert "['bare', 'worker']" in run.stderr


def test_a_machine_without_an_interpreter(repository: Repository) -> None:
    run = repository.package(', environment="bare"')
    assert run.exit_code != 0
    assert "the machine that it was sent to has no interpreter for it" in run.stderr
    assert "there is no python3.11 in /nowhere" in run.stderr


def test_the_page_has_the_profile_that_is_used_here() -> None:
    command = f"./pants --pants-config-files={PROFILE}"
    assert f"REMOTE_EXECUTION=grpc://127.0.0.1:50051 {command}" in PAGE
    assert "env.REMOTE_EXECUTION" in (ROOT / PROFILE).read_text()
