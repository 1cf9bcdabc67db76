# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Numbers that a field does not take are found before a program runs."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.pipeline.dataset import DatasetFieldSet, SampleDatasetRequest, SampledDataset
from pants_tflite.pipeline.export_sources import ExportSource, TrainedModelRequest
from pants_tflite.testutil import new_rule_runner, write_workspace

BUILD = """\
python_sources()
tf_saved_model(name="bad_seed", entry_point="train.py:export", seed=-1)
tf_saved_model(name="bad_threads", entry_point="train.py:export", threads=0)
tflite_dataset(name="bad_samples", entry_point="train.py:samples", max_samples=0)
tflite_dataset(name="bad_seed_of_samples", entry_point="train.py:samples", seed=-1)
"""


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    runner = new_rule_runner(
        [
            QueryRule(ExportSource, [TrainedModelRequest]),
            QueryRule(SampledDataset, [SampleDatasetRequest]),
        ]
    )
    write_workspace(runner, {"m/BUILD": BUILD, "m/train.py": ""})
    return runner


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bad_seed", "field `seed` = '-1': the number must be at least 0"),
        ("bad_threads", "field `threads` = '0': the number must be at least 1"),
    ],
)
def test_of_a_trained_model(rule_runner: RuleRunner, name: str, expected: str) -> None:
    target = rule_runner.get_target(Address("m", target_name=name))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(ExportSource, [TrainedModelRequest(target)])
    assert f"m:{name}, {expected}" in str(error.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bad_samples", "field `max_samples` = '0': the number must be at least 1"),
        ("bad_seed_of_samples", "field `seed` = '-1': the number must be at least 0"),
    ],
)
def test_of_a_dataset(rule_runner: RuleRunner, name: str, expected: str) -> None:
    target = rule_runner.get_target(Address("m", target_name=name))
    request = SampleDatasetRequest(DatasetFieldSet.create(target))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(SampledDataset, [request])
    assert f"m:{name}, {expected}" in str(error.value)
