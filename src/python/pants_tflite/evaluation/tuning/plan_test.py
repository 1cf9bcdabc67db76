# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which models a search is for, which tests count, and where the recipe stands."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.evaluation.tuning.plan import (
    PlanTuningRequest,
    TuningPlan,
    default_recipe,
    without_quantization,
)
from pants_tflite.testutil import new_rule_runner, write_workspace

BUILD = """\
keras_file(name="keras", source="model.keras")
tflite_quantization(
    name="tuned", engine="ai_edge", recipe="recipes/tuned.json", input_type="int8"
)
tflite_quantization(name="other", engine="ai_edge", recipe="recipes/other.json")
tflite_model(
    name="model",
    saved_model=":keras",
    quantization=parametrize("float32", "int8", tuned=":tuned", other=":other"),
)
tflite_model(name="untested", saved_model=":keras")
tflite_test(name="b", model=":model@quantization=int8", max_size="1MB")
tflite_test(name="a", model=":model@quantization=tuned", max_size="1MB")
"""


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    runner = new_rule_runner([QueryRule(TuningPlan, (PlanTuningRequest,))])
    write_workspace(runner, {"m/BUILD": BUILD, "m/model.keras": ""})
    return runner


def plan(runner: RuleRunner, *variants: str, name: str = "model") -> TuningPlan:
    targets = tuple(
        runner.get_target(
            Address("m", target_name=name, parameters={"quantization": each} if each else {})
        )
        for each in variants
    )
    return runner.request(TuningPlan, [PlanTuningRequest(targets)])


def test_all_variants_are_one_search(rule_runner: RuleRunner) -> None:
    (request,) = plan(rule_runner, "float32", "int8", "tuned", "other").requests
    assert [test.address.target_name for test in request.tests] == ["a", "b"]
    assert request.recipe == "m/model.recipe.json"
    assert request.table == "m/model.recipe.md"
    assert request.tuned.has_float_io


def test_one_variant_has_its_own_tests_and_its_own_recipe(rule_runner: RuleRunner) -> None:
    (request,) = plan(rule_runner, "tuned").requests
    assert [test.address.target_name for test in request.tests] == ["a"]
    assert request.recipe == "m/recipes/tuned.json"
    assert request.tuned.input_type == "int8"
    assert not request.tuned.has_float_io


def test_the_recipe_that_is_to_be_written_need_not_be_there(rule_runner: RuleRunner) -> None:
    (request,) = plan(rule_runner, "tuned").requests
    assert request.tuned.field_set.quantization.value == "float32"


def test_a_model_without_tests_is_an_error(rule_runner: RuleRunner) -> None:
    with pytest.raises(ExecutionError) as error:
        plan(rule_runner, "", name="untested")
    assert "m:untested: there is no `tflite_test` on it" in str(error.value)


def test_targets_without_a_model_are_an_error(rule_runner: RuleRunner) -> None:
    with pytest.raises(ExecutionError) as error:
        plan(rule_runner, "", name="keras")
    assert "None of the targets is a `tflite_model`" in str(error.value)


def test_other_parameters_tell_models_apart() -> None:
    address = Address("m", target_name="x", parameters={"quantization": "int8", "env": "a"})
    assert default_recipe(without_quantization(address)) == "m/x-env=a.recipe.json"
