# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Mistakes in custom ops are results of the check; library_builds_test.py compiles."""

from __future__ import annotations

import pytest
from pants.core.goals.check import CheckResult, CheckResults
from pants.engine.addresses import Address
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.goals.check import CheckCustomOpFieldSet, CheckCustomOpsRequest
from pants_tflite.testutil import new_rule_runner, write_workspace

BUILD = f"""\
cc_source(name="c", source="op.c")
tflite_file(name="model", source="model.tflite")
tflite_runtime(name="runtime", source="runtime.zip", sha256="{'0' * 64}")
tflite_custom_op(name="other_archive", op="A", dependencies=[":c"], runtime=":runtime")
tflite_custom_op(name="no_runtime", op="B", dependencies=[":c"], runtime=":model")
"""
EXPECTED = {
    "m:no_runtime": "m:no_runtime, field `runtime` = ':model': m:model is a `tflite_file` target",
    "m:other_archive": "m:runtime, field `sha256` = '0000",
}


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    runner = new_rule_runner([QueryRule(CheckResults, [CheckCustomOpsRequest])])
    files = {"m/BUILD": BUILD, "m/op.c": "", "m/model.tflite": "", "m/runtime.zip": "archive"}
    write_workspace(runner, files)
    return runner


def _check(rule_runner: RuleRunner, *names: str) -> tuple[CheckResult, ...]:
    field_sets = [
        CheckCustomOpFieldSet.create(rule_runner.get_target(Address("m", target_name=name)))
        for name in names
    ]
    results = rule_runner.request(CheckResults, [CheckCustomOpsRequest(field_sets)])
    assert results.checker_name == "tflite-custom-op"
    return results.results


def test_a_custom_op_is_checked_and_nothing_else_is(rule_runner: RuleRunner) -> None:
    applicable = {
        name: CheckCustomOpFieldSet.is_applicable(
            rule_runner.get_target(Address("m", target_name=name))
        )
        for name in ("c", "model", "no_runtime", "runtime")
    }
    assert applicable == {"c": False, "model": False, "no_runtime": True, "runtime": False}


def test_without_ops_there_are_no_results(rule_runner: RuleRunner) -> None:
    assert _check(rule_runner) == ()


def test_a_mistake_fails_the_check_of_its_op_and_hides_no_other(rule_runner: RuleRunner) -> None:
    results = _check(rule_runner, "other_archive", "no_runtime")
    assert {result.partition_description for result in results} == set(EXPECTED)
    for result in results:
        assert (result.exit_code, result.stdout) == (1, "")
        assert EXPECTED[result.partition_description or ""] in result.stderr
        assert "\n\nFix: " in result.stderr
