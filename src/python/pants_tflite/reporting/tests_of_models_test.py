# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.reporting.arenas import MicroModels, MicroModelsRequest
from pants_tflite.reporting.tests_of_models import ScoringTests, ScoringTestsRequest
from pants_tflite.testutil import new_rule_runner, write_workspace

BUILD = """
tflite_dataset(name="data", entry_point="data.py:samples")
tflite_file(name="one", source="one.tflite")
tflite_file(name="two", source="two.tflite")
tflite_file(name="three", source="three.tflite")
tflite_test(name="scored", model=":two", dataset=":data", metric="accuracy", min_score=0.9)
tflite_test(name="small", model=":one", max_size="1MB", max_arena="1MB")
tflite_test(
    name="agrees", model=":one", baseline=":two", dataset=":data", metric="agreement", min_score=0.9
)
tflite_test(
    name="early", model=":one", dataset=":data", metric="mae", max_score=1.0, untrained=True
)
tflite_test(name="other", model=":three", dataset=":data", metric="mae", max_score=1.0)
"""


def at(name: str) -> Address:
    return Address("m", target_name=name)


@pytest.fixture
def rule_runner() -> RuleRunner:
    queries = [
        QueryRule(ScoringTests, [ScoringTestsRequest]),
        QueryRule(MicroModels, [MicroModelsRequest]),
    ]
    rule_runner = new_rule_runner(queries)
    write_workspace(rule_runner, {"m/BUILD": BUILD, "m/data.py": ""})
    return rule_runner


def test_tests_that_score_labels_are_found_by_the_models_family(rule_runner: RuleRunner) -> None:
    request = ScoringTestsRequest((at("one"), at("two")))
    found = rule_runner.request(ScoringTests, [request])
    assert [(model, fields.address) for model, fields in found.tests] == [(at("two"), at("scored"))]
    # A model without such a test is scored by that of another form.
    assert [fields.address for fields in found.of(at("one"))] == [at("scored")]
    assert [fields.address for fields in found.of(at("two"))] == [at("scored")]
    assert ScoringTests().of(at("one")) == ()


def test_a_model_whose_arena_is_limited_goes_to_a_microcontroller(rule_runner: RuleRunner) -> None:
    assert rule_runner.request(MicroModels, [MicroModelsRequest()]) == MicroModels((at("one"),))
