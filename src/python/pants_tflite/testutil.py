# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the backend's own tests share."""

from __future__ import annotations

import os
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any, Iterable, Mapping, Type

from pants.backend.experimental.cc import register as cc
from pants.backend.python import target_types_rules
from pants.backend.python.dependency_inference import rules as python_dependency_inference
from pants.backend.python.target_types import PythonSourcesGeneratorTarget
from pants.base.build_root import BuildRoot
from pants.core.target_types import FilesGeneratorTarget, FileTarget
from pants.core.target_types import rules as core_target_types_rules
from pants.engine.internals.parametrize import Parametrize
from pants.engine.rules import QueryRule
from pants.engine.target import Target
from pants.testutil.rule_runner import RuleRunner

from pants_tflite import register
from pants_tflite.sandbox.tflite.inspect_model_protocol import InspectionReport, ModelSizes
from pants_tflite.sandbox.verification.verify_protocol import VerificationReport, VerifiedSamples

# A lockfile that is never installed: these tests end before any process runs.
_OPTIONS = (
    "--python-enable-resolves",
    "--python-default-resolve=tensorflow",
    "--python-resolves={'tensorflow': 'tensorflow.lock'}",
    "--python-interpreter-constraints=['CPython==3.11.*']",
    "--python-infer-use-rust-parser=true",
)


@lru_cache(maxsize=1)
def _solved_rule_runner(
    queries: tuple[QueryRule, ...], rules: tuple[Any, ...], target_types: tuple[Type[Target], ...]
) -> tuple[RuleRunner, frozenset[str]]:
    """The RuleRunner, and what it put into its workspace itself."""
    rule_runner = RuleRunner(
        rules=[
            *cc.rules(),
            *core_target_types_rules(),
            *python_dependency_inference.rules(),
            *register.rules(),
            *target_types_rules.rules(),
            *rules,
            *queries,
        ],
        target_types=[
            *cc.target_types(),
            *register.target_types(),
            *target_types,
            FileTarget,
            FilesGeneratorTarget,
            PythonSourcesGeneratorTarget,
        ],
        objects={"parametrize": Parametrize},
    )
    return rule_runner, frozenset(os.listdir(rule_runner.build_root))


def _empty_workspace(rule_runner: RuleRunner, own_files: frozenset[str]) -> None:
    for path in Path(rule_runner.build_root).iterdir():
        if path.name in own_files:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    # Another RuleRunner may have been made since.
    BuildRoot().path = rule_runner.build_root


def new_rule_runner(
    queries: Iterable[QueryRule],
    *,
    rules: Iterable[Any] = (),
    target_types: Iterable[Type[Target]] = (),
) -> RuleRunner:
    """A RuleRunner with this backend, what it builds on and C++ sources, and another one on top.

    Solving a graph of rules takes half a second. The tests of a file ask for the same one, so it is the one of the call
    before, with an empty workspace and options as at first, if the arguments are the same: a test has one at a time.
    """
    rule_runner, own_files = _solved_rule_runner(tuple(queries), tuple(rules), tuple(target_types))
    _empty_workspace(rule_runner, own_files)
    # This begins a session, which reads all files again.
    rule_runner.set_options(_OPTIONS, env_inherit={"PATH", "PYENV_ROOT", "HOME"})
    return rule_runner


def write_workspace(rule_runner: RuleRunner, files: Mapping[str, str]) -> None:
    """Writes `files` over the workspace, with the lockfile that the options name."""
    rule_runner.write_files({"tensorflow.lock": "", **files})


# What the steps report of a model in which nothing is worth a word, and that LiteRT ran.
EMPTY_INSPECTION = InspectionReport(
    inputs=(),
    outputs=(),
    signatures={},
    ops=(),
    custom_ops=(),
    subgraphs=1,
    tensor_dtypes={},
    sizes=ModelSizes(file=5, weights=0),
    external_buffers=False,
    sha256="00",
    description="",
    metadata=(),
    min_runtime_version=None,
    schema_version=3,
)
LITERT_VERIFICATION = VerificationReport(
    kernels="BUILTIN_REF",
    mode=None,
    not_run=None,
    outputs=(),
    samples=VerifiedSamples(1, "seeded"),
    tolerance=None,
    tools={"ai-edge-litert": "2"},
)
