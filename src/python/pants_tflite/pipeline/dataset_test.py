# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Datasets that are named and staged; tests/ has the sampling itself."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, DigestContents, FileContent
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.pipeline.dataset import (
    DatasetFieldSet,
    DatasetReferenceRequest,
    SampleDatasetRequest,
    SampledDataset,
    StageDatasetRequest,
    StagedDataset,
)
from pants_tflite.target_types import CalibrationField
from pants_tflite.testutil import new_rule_runner, write_workspace

BUILD = """\
python_sources()
tf_saved_model(name="saved_model", entry_point="data.py:export")
tflite_dataset(name="missing", entry_point="dta.py:samples")
tflite_dataset(name="bad_samples", entry_point="data.py:samples", max_samples=0)
tflite_dataset(name="bad_input", entry_point="data.py:samples", inputs={"folder": ":none"})
"""
MODEL = Address("m", target_name="model")


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    runner = new_rule_runner(
        [
            QueryRule(Digest, [CreateDigest]),
            QueryRule(DigestContents, [Digest]),
            QueryRule(SampledDataset, [DatasetReferenceRequest]),
            QueryRule(SampledDataset, [SampleDatasetRequest]),
            QueryRule(StagedDataset, [StageDatasetRequest]),
        ]
    )
    write_workspace(runner, {"m/BUILD": BUILD, "m/data.py": ""})
    return runner


def _error(rule_runner: RuleRunner, calibration: str) -> str:
    request = DatasetReferenceRequest(CalibrationField(calibration, MODEL))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(SampledDataset, [request])
    return str(error.value)


def test_no_dataset_is_staged_as_nothing(rule_runner: RuleRunner) -> None:
    staged = rule_runner.request(StagedDataset, [StageDatasetRequest(None)])
    assert staged == StagedDataset(EMPTY_DIGEST, None)


def test_a_dataset_is_staged_in_a_directory_that_no_source_has(rule_runner: RuleRunner) -> None:
    files = [FileContent("dataset.npz", b"samples"), FileContent("dataset.json", b"report")]
    digest = rule_runner.request(Digest, [CreateDigest(files)])
    dataset = SampledDataset(Address("m", target_name="samples"), digest, count=1, fingerprint="ab")
    staged = rule_runner.request(StagedDataset, [StageDatasetRequest(dataset)])
    contents = rule_runner.request(DigestContents, [staged.digest])
    assert staged.path == "__dataset__/dataset.npz"
    assert {file.path: file.content for file in contents} == {
        "__dataset__/dataset.npz": b"samples",
        "__dataset__/dataset.json": b"report",
    }


def test_a_field_that_names_no_dataset_is_an_error_of_that_field(rule_runner: RuleRunner) -> None:
    assert (
        "m:model, field `calibration` = ':saved_model': m:saved_model is a `tf_saved_model` "
        "target.\n\nFix: Give the address of a `tflite_dataset` target."
    ) in _error(rule_runner, ":saved_model")


def test_a_mistake_in_a_dataset_is_the_dataset_s_and_not_the_model_s(
    rule_runner: RuleRunner,
) -> None:
    error = _error(rule_runner, ":bad_samples")
    assert "m:bad_samples, field `max_samples` = '0'" in error
    assert "m:model, field" not in error


def test_an_entry_point_without_a_file_is_an_error(rule_runner: RuleRunner) -> None:
    assert (
        "m:missing, field `entry_point` = 'dta.py:samples': there is no file `m/dta.py`"
        in _error(rule_runner, ":missing")
    )


def test_an_input_without_a_target_is_an_error(rule_runner: RuleRunner) -> None:
    target = rule_runner.get_target(Address("m", target_name="bad_input"))
    request = SampleDatasetRequest(DatasetFieldSet.create(target))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(SampledDataset, [request])
    assert "m:none" in str(error.value)
    assert "the `inputs` field of the target m:bad_input" in str(error.value)
