# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import pytest
from pants.backend.python.util_rules import pex_requirements
from pants.backend.python.util_rules.pex_requirements import LoadedLockfile, LoadedLockfileRequest
from pants.engine.rules import QueryRule
from pants.testutil.option_util import create_subsystem
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.subsystems.tflite_runtimes import LOCKED_RUNTIMES, TfLiteRuntimes


def new_runtimes(**lockfiles: str) -> TfLiteRuntimes:
    return create_subsystem(
        TfLiteRuntimes, lockfiles=lockfiles, interpreter_constraints=["CPython==3.11.*"]
    )


@pytest.mark.parametrize("name", LOCKED_RUNTIMES)
def test_pants_loads_the_lock(name: str) -> None:
    rule_runner = RuleRunner(
        rules=[*pex_requirements.rules(), QueryRule(LoadedLockfile, [LoadedLockfileRequest])]
    )
    lockfile = new_runtimes().to_lockfiles()[name]
    loaded = rule_runner.request(LoadedLockfile, [LoadedLockfileRequest(lockfile)])
    assert loaded.lockfile_path == f"{name}.lock"
    assert loaded.requirement_estimate > 1


def test_users_add_and_replace_runtimes() -> None:
    lockfiles = new_runtimes(tensorflow_2_16="a.lock", litert_1_4="b.lock").to_lockfiles()
    assert sorted(lockfiles) == sorted({*LOCKED_RUNTIMES, "tensorflow_2_16"})
    assert lockfiles["tensorflow_2_16"].url == "a.lock"
    assert lockfiles["litert_1_4"].url == "b.lock"
    assert lockfiles["litert_1_0"].url.startswith("resource://")
