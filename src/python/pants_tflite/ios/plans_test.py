# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A framework's fields, checked before any model is built."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.ios import register
from pants_tflite.ios.plans import IosFrameworkFieldSet, IosFrameworkPlan, PlanIosFrameworkRequest
from pants_tflite.ios.settings import FrameworkSettings
from pants_tflite.testutil import new_rule_runner, write_workspace

BUNDLE_ID = 'bundle_id="org.example.cats-vs-dogs"'


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    return new_rule_runner(
        [QueryRule(IosFrameworkPlan, [PlanIosFrameworkRequest])],
        rules=register.rules(),
        target_types=register.target_types(),
    )


def _plan(rule_runner: RuleRunner, fields: str) -> IosFrameworkPlan:
    # Files without content: a plan that read one would fail.
    build = f"""
tflite_file(name="a_b", source="model.tflite")
tflite_file(name="a__b", source="model.tflite")
tflite_ios_framework(name="ios", {fields})
"""
    write_workspace(rule_runner, {"m/BUILD": build, "m/model.tflite": ""})
    field_set = IosFrameworkFieldSet.create(rule_runner.get_target(Address("m", target_name="ios")))
    return rule_runner.request(IosFrameworkPlan, [PlanIosFrameworkRequest(field_set)])


def test_defaults(rule_runner: RuleRunner) -> None:
    plan = _plan(rule_runner, f'models=[":a_b"], {BUNDLE_ID}')
    expected = FrameworkSettings("cats_vs_dogs", "org.example.cats-vs-dogs", "13.0", "0.1.0")
    assert plan.settings == expected
    assert dict(plan.members) == {"a_b": "aB"}


def test_every_field(rule_runner: RuleRunner) -> None:
    plan = _plan(
        rule_runner,
        f'models=[":a_b"], {BUNDLE_ID}, framework="Pets", min_ios="15.4", version="1.0.0-rc.1"',
    )
    assert plan.settings == FrameworkSettings(
        "Pets", "org.example.cats-vs-dogs", "15.4", "1.0.0-rc.1"
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ('models=[":a_b"], bundle_id="Pets"', "field `bundle_id` = 'Pets'"),
        (f'models=[":a_b"], {BUNDLE_ID}, framework="a b"', "field `framework` = 'a b'"),
        (f'models=[":a_b"], {BUNDLE_ID}, min_ios="8.0"', "field `min_ios` = '8.0'"),
        (f'models=[":a_b"], {BUNDLE_ID}, version="1"', "field `version` = '1'"),
        (f'models=[":a_b", ":a__b"], {BUNDLE_ID}', "field `model_names` = 'a_b': Swift would"),
    ],
)
def test_mistakes(rule_runner: RuleRunner, fields: str, expected: str) -> None:
    with pytest.raises(ExecutionError) as error:
        _plan(rule_runner, fields)
    assert f"m:ios, {expected}" in str(error.value)
