# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

from pathlib import Path

import pytest
from pants.base.build_root import BuildRoot
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import AllTargets
from pants.option.global_options import GlobalOptions
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.testutil import new_rule_runner, write_workspace

MODEL = Address("m", target_name="model")
BUILD = 'file(name="model", source="model.tflite")\n'


def _rule_runner() -> RuleRunner:
    return new_rule_runner([QueryRule(GlobalOptions, [])])


def _addresses(rule_runner: RuleRunner) -> list[str]:
    return [target.address.spec for target in rule_runner.request(AllTargets, [])]


def test_the_next_test_finds_nothing_of_the_one_before() -> None:
    first = _rule_runner()
    own_files = sorted(Path(first.build_root).iterdir())
    write_workspace(first, {"m/BUILD": BUILD, "m/model.tflite": "", "BUILD": ""})
    Path(first.build_root, "link").symlink_to("m/model.tflite")
    assert _addresses(first) == [MODEL.spec]
    assert first.get_target(MODEL).address == MODEL
    first.set_options(["--level=error"])
    level = first.request(GlobalOptions, []).level

    second = _rule_runner()
    assert second is first
    assert sorted(Path(second.build_root).iterdir()) == own_files
    assert second.request(GlobalOptions, []).level != level
    with pytest.raises(ExecutionError):
        second.get_target(MODEL)
    write_workspace(second, {"n/BUILD": BUILD, "n/model.tflite": ""})
    assert _addresses(second) == ["n:model"]


def test_other_rules_are_another_rule_runner() -> None:
    first = _rule_runner()
    second = new_rule_runner([])
    assert second.build_root != first.build_root
    again = _rule_runner()
    assert BuildRoot().path == again.build_root not in (first.build_root, second.build_root)


def test_a_rule_runner_that_is_taken_over_has_its_build_root() -> None:
    first = _rule_runner()
    RuleRunner()
    assert BuildRoot().path != first.build_root
    assert _rule_runner() is first
    assert BuildRoot().path == first.build_root
