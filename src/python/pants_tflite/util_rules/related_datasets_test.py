# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.testutil import new_rule_runner, write_workspace
from pants_tflite.util_rules.related_datasets import RelatedDatasets, RelatedDatasetsRequest

BUILD = """\
python_sources()
keras_file(name="keras", source="model.keras")
tflite_dataset(name="alone", entry_point="data.py:samples")
tflite_dataset(name="calibration", entry_point="data.py:samples")
tflite_dataset(name="validation", entry_point="data.py:samples")
tflite_dataset(name="other", entry_point="data.py:samples")
tflite_model(
    name="model",
    saved_model=":keras",
    quantization=parametrize("float32", "int8"),
    calibration=":calibration",
    verify_dataset=":validation",
)
tflite_model(name="second", saved_model=":keras", calibration="m:other")
tflite_file(name="file", source="model.tflite", verify_dataset=":other")
"""
FILES = {"m/BUILD": BUILD, "m/data.py": "", "m/model.keras": "", "m/model.tflite": ""}


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    runner = new_rule_runner([QueryRule(RelatedDatasets, [RelatedDatasetsRequest])])
    write_workspace(runner, FILES)
    return runner


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("alone", []),
        ("calibration", ["m:validation"]),
        ("validation", ["m:calibration"]),
        # Neither another model nor another target that names the same one makes two of them.
        ("other", []),
    ],
)
def test_datasets_of_one_model_belong_together(
    rule_runner: RuleRunner, name: str, expected: list[str]
) -> None:
    request = RelatedDatasetsRequest(Address("m", target_name=name))
    found = rule_runner.request(RelatedDatasets, [request])
    assert [str(target.address) for target in found.targets] == expected
