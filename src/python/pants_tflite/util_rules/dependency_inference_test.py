# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address, Addresses
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import Dependencies, DependenciesRequest
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.testutil import new_rule_runner, write_workspace

BUILD = """\
python_sources()
file(name="weights", source="weights.h5")
keras_file(name="keras", source="model.keras")
tflite_file(name="checked_in", source="model.tflite", verify_dataset=":calibration")
tf_saved_model(name="features", entry_point="features.py:export")
tf_saved_model(
    name="classifier",
    entry_point="models.classifier:export",
    inputs={"features": ":features", "weights": "models:weights"},
)
tf_saved_model(name="trained", entry_point="features.py:export", untrained="layers.py:build")
tflite_dataset(name="calibration", entry_point="data.py:calibration", max_samples=2)
tflite_quantization(name="int4", engine="ai_edge", recipe="int4.json")
tflite_model(
    name="tflite",
    saved_model=":classifier",
    quantization=parametrize("float32", "int8", int4=":int4"),
    calibration=":calibration",
)
"""
FILES = {
    "models/BUILD": BUILD,
    "models/classifier.py": "from models import layers\n",
    "models/data.py": "",
    "models/features.py": "",
    "models/int4.json": "[]",
    "models/layers.py": "",
    "models/model.keras": "",
    "models/model.tflite": "",
    "models/weights.h5": "",
}


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    rule_runner = new_rule_runner([QueryRule(Addresses, [DependenciesRequest])])
    write_workspace(rule_runner, FILES)
    return rule_runner


def _dependencies(rule_runner: RuleRunner, name: str, **parameters: str) -> list[str]:
    address = Address("models", target_name=name, parameters=parameters)
    target = rule_runner.get_target(address)
    found = rule_runner.request(Addresses, [DependenciesRequest(target[Dependencies])])
    return sorted(str(address) for address in found)


def test_entry_point_file(rule_runner: RuleRunner) -> None:
    assert _dependencies(rule_runner, "features") == ["models/features.py"]
    assert _dependencies(rule_runner, "calibration") == ["models/data.py"]


def test_each_function_s_file_is_a_dependency(rule_runner: RuleRunner) -> None:
    assert _dependencies(rule_runner, "trained") == ["models/features.py", "models/layers.py"]


def test_entry_point_module_and_inputs(rule_runner: RuleRunner) -> None:
    assert _dependencies(rule_runner, "classifier") == [
        "models/classifier.py",
        "models:features",
        "models:weights",
    ]


def test_model_fields(rule_runner: RuleRunner) -> None:
    expected = ["models:calibration", "models:classifier"]
    assert _dependencies(rule_runner, "tflite", quantization="int8") == expected
    assert _dependencies(rule_runner, "tflite", quantization="int4") == [
        *expected,
        "models:int4",
    ]
    assert _dependencies(rule_runner, "checked_in") == ["models:calibration"]


def test_a_file_that_is_missing(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {"bad/BUILD": 'tf_saved_model(name="m", entry_point="tain.py:export")\n'}
    )
    target = rule_runner.get_target(Address("bad", target_name="m"))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(Addresses, [DependenciesRequest(target[Dependencies])])
    assert "bad:m, field `entry_point` = 'tain.py:export': there is no file `bad/tain.py`" in str(
        error.value
    )
