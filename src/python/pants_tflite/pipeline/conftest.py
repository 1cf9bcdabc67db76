# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.fs import CreateDigest, Digest, FileContent
from pants.testutil.rule_runner import RuleRunner
from pants.util.frozendict import FrozenDict

from pants_tflite.util_rules.environment_processes import PythonEnvironment

# What a program of TensorFlow is asked, and in which files it runs.
_RECORDER = """\
#!/bin/sh
set -eu
PATH=/usr/bin:/bin
program=$3 request=$4
files=$(find . -type f -path './*__/*' ! -path './__programs__/*' | sort)
mkdir -p out
: > out/reference.npz
: > out/verification.json
cp "$request" out/model.tflite
printf '%s\\n' "$program" $files > out/conversion.json
"""


@pytest.fixture
def recorder(rule_runner: RuleRunner) -> PythonEnvironment:
    """An environment whose interpreter runs no program, but writes the request of one to
    `model.tflite`, the program's name and the staged files to `conversion.json`, and nothing into the
    other files that a program must leave.

    TensorFlow takes minutes to install, and tests/ has the programs themselves.
    """
    python = FileContent("recorder", _RECORDER.encode(), is_executable=True)
    return PythonEnvironment(
        name="recorder",
        python="./recorder",
        digest=rule_runner.request(Digest, [CreateDigest([python])]),
        append_only_caches=FrozenDict(),
    )
