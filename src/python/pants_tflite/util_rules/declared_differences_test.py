# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Declared differences are found at any distance from what is packaged."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner, engine_error

from pants_tflite.testutil import new_rule_runner, write_workspace
from pants_tflite.util_rules.declared_differences import (
    DeclaredDifferences,
    DeclaredDifferencesRequest,
)

BUILD = """\
python_sources(resolve="tensorflow")

tf_saved_model(name="features", entry_point="train.py:export", nondeterministic="It runs on a GPU.")
tf_saved_model(name="classifier", entry_point="train.py:export", inputs={"features": ":features"})
tflite_dataset(name="sampled", entry_point="data.py:samples", nondeterministic="It reads a sensor.")
tflite_dataset(name="held_out", entry_point="data.py:samples")
tflite_quantization(name="int8", mode="int8")
tflite_model(
    name="quantized",
    saved_model=":classifier",
    quantization=":int8",
    calibration=":sampled",
    verify_dataset=":held_out",
)
tflite_model(name="float", saved_model=":plain", verify_dataset=":held_out")
tf_saved_model(name="plain", entry_point="train.py:export")
"""
SENSOR = ("m:sampled", "It reads a sensor.")
GPU = ("m:features", "It runs on a GPU.")


@pytest.fixture
def rule_runner() -> RuleRunner:
    return new_rule_runner([QueryRule(DeclaredDifferences, [DeclaredDifferencesRequest])])


def find(rule_runner: RuleRunner, *names: str) -> list[tuple[str, str]]:
    write_workspace(rule_runner, {"m/BUILD": BUILD, "m/train.py": "", "m/data.py": ""})
    request = DeclaredDifferencesRequest(tuple(Address("m", target_name=name) for name in names))
    found = rule_runner.request(DeclaredDifferences, [request])
    return [(declared.address, declared.reason) for declared in found.declared]


def test_a_model_has_those_of_its_inputs_and_of_its_calibration(
    rule_runner: RuleRunner,
) -> None:
    assert find(rule_runner, "quantized") == [GPU, SENSOR]


def test_what_is_made_without_them_has_none(rule_runner: RuleRunner) -> None:
    assert find(rule_runner, "float", "plain", "held_out") == []


def test_a_target_has_its_own_and_each_one_counts_once(rule_runner: RuleRunner) -> None:
    assert find(rule_runner, "sampled", "int8", "quantized") == [GPU, SENSOR]


def test_an_empty_reason_is_an_error(rule_runner: RuleRunner) -> None:
    build = BUILD.replace("It reads a sensor.", "")
    write_workspace(rule_runner, {"m/BUILD": build, "m/train.py": "", "m/data.py": ""})
    request = DeclaredDifferencesRequest((Address("m", target_name="quantized"),))
    with engine_error(contains="m:sampled, field `nondeterministic` = '': the reason is empty"):
        rule_runner.request(DeclaredDifferences, [request])
