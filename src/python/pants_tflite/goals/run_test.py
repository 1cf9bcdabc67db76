# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which targets `pants run` takes, and mistakes in them; tests/ has the predictions."""

from __future__ import annotations

from typing import Iterable

import pytest
from pants.core.goals.run import RunFieldSet, RunRequest
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import FieldSet, FieldSetsPerTarget, FieldSetsPerTargetRequest
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.goals.run import RunModelFieldSet, RunModelFileFieldSet
from pants_tflite.goals.run_dataset import RunDatasetFieldSet
from pants_tflite.goals.run_saved_model import RunSavedModelFieldSet
from pants_tflite.testutil import new_rule_runner, write_workspace

BUILD = """\
python_sources()
keras_file(name="keras", source="model.keras")
tflite_dataset(name="samples", entry_point="data.py:samples")
tflite_file(name="file", source="model.tflite", custom_ops=["Op", "Op"])
tflite_file(name="micro", source="model.tflite", runtime="micro")
tflite_model(name="model", saved_model=":samples")
tf_saved_model(name="trained", entry_point="data.py:export")
tflite_quantization(name="int8", mode="int8")
"""


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    runner = new_rule_runner(
        [
            QueryRule(FieldSetsPerTarget, [FieldSetsPerTargetRequest]),
            QueryRule(RunRequest, [RunModelFieldSet]),
            QueryRule(RunRequest, [RunModelFileFieldSet]),
        ]
    )
    files = {"m/BUILD": BUILD, "m/data.py": "", "m/model.keras": "", "m/model.tflite": ""}
    write_workspace(runner, files)
    return runner


def _field_sets(rule_runner: RuleRunner, name: str) -> Iterable[FieldSet]:
    target = rule_runner.get_target(Address("m", target_name=name))
    request = FieldSetsPerTargetRequest(RunFieldSet, [target])
    return rule_runner.request(FieldSetsPerTarget, [request]).field_sets


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model", RunModelFieldSet),
        ("file", RunModelFileFieldSet),
        ("keras", RunSavedModelFieldSet),
        ("trained", RunSavedModelFieldSet),
        ("samples", RunDatasetFieldSet),
    ],
)
def test_a_target_is_run_in_one_way(
    rule_runner: RuleRunner, name: str, expected: type[RunFieldSet]
) -> None:
    target = rule_runner.get_target(Address("m", target_name=name))
    assert _field_sets(rule_runner, name) == (expected.create(target),)


def test_what_yields_nothing_is_not_run(rule_runner: RuleRunner) -> None:
    assert _field_sets(rule_runner, "int8") == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model", "m:model, field `saved_model` = ':samples': m:samples is a `tflite_dataset`"),
        ("file", "m:file, field `custom_ops` = 'Op, Op': the op Op is declared twice"),
        (
            "micro",
            "m:micro, field `runtime` = 'micro': `run` runs models with LiteRT, which refuses",
        ),
    ],
)
def test_a_mistake_in_the_model_is_the_error(
    rule_runner: RuleRunner, name: str, expected: str
) -> None:
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(RunRequest, _field_sets(rule_runner, name))
    assert expected in str(error.value)
