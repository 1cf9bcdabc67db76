# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.custom_ops.declarations import CustomOps, ResolveCustomOpsRequest
from pants_tflite.micro import register as micro
from pants_tflite.pipeline.micro_only import VerifyMicroOnlyRequest, is_micro_only
from pants_tflite.pipeline.verify import Samples, VerifiedModel
from pants_tflite.target_types import CustomOpsField, RuntimeField
from pants_tflite.testutil import new_rule_runner, write_workspace

BUILD = """\
cc_sources(name="kernel", sources=["twice.c"])
tflite_runtime(name="runtime", maven="org.example:runtime:1", sha256="00")
tflite_custom_op(name="twice", op="Twice", dependencies=[":kernel"], runtime=":runtime")
tflite_file(name="usual", source="m.tflite")
tflite_file(name="old", source="m.tflite", runtime="micro")
tflite_file(name="with_kernel", source="m.tflite", runtime="micro", custom_ops=[":twice"])
tflite_file(name="other", source="m.tflite", runtime="tflm")
tflite_model(name="model", saved_model=":none")
"""


def _runner(**backends: Any) -> RuleRunner:
    queries = [
        QueryRule(CustomOps, (ResolveCustomOpsRequest,)),
        QueryRule(VerifiedModel, (VerifyMicroOnlyRequest,)),
    ]
    rule_runner = new_rule_runner(queries, **backends)
    write_workspace(rule_runner, {"m/BUILD": BUILD, "m/m.tflite": "", "m/twice.c": ""})
    return rule_runner


def _error(rule_runner: RuleRunner, name: str) -> str:
    target = rule_runner.get_target(Address("m", target_name=name))
    ops = rule_runner.request(CustomOps, [ResolveCustomOpsRequest(target[CustomOpsField])])
    request = VerifyMicroOnlyRequest(
        runtime=target[RuntimeField],
        model=EMPTY_DIGEST,
        samples=Samples(None, "verify_dataset", 1),
        custom_ops=ops,
    )
    with pytest.raises(ExecutionError) as caught:
        rule_runner.request(VerifiedModel, [request])
    return str(caught.value)


def test_the_backend_is_needed() -> None:
    error = _error(_runner(), "old")
    assert "m:old, field `runtime` = 'micro': TensorFlow Lite Micro comes with the backend" in error
    assert "Add `pants_tflite.micro`" in error


def test_kernels_cannot_be_verified() -> None:
    runner = _runner(rules=micro.rules(), target_types=micro.target_types())
    error = _error(runner, "with_kernel")
    assert "m:with_kernel, field `runtime` = 'micro'" in error
    assert "cannot load the kernels of Twice" in error


def test_which_models_are_of_one_runtime() -> None:
    rule_runner = _runner()

    def check(name: str) -> bool:
        return is_micro_only(rule_runner.get_target(Address("m", target_name=name)))

    assert [check(name) for name in ("usual", "old", "model")] == [False, True, False]
    with pytest.raises(Exception, match="m:other, field `runtime` = 'tflm'"):
        check("other")
