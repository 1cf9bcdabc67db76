# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The sources and inputs that a process gets to call an entry point, by their digests."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import Digest, DigestContents
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import Dependencies
from pants.testutil.rule_runner import RuleRunner
from pants.util.frozendict import FrozenDict

from pants_tflite.sandbox.entry_point_protocol import EntryPointFunction
from pants_tflite.target_types import EntryPointField, InputsField, TensorFlowResolveField
from pants_tflite.testutil import new_rule_runner, write_workspace
from pants_tflite.util_rules.entry_point_calls import PrepareCallRequest, PreparedCall

BUILD = """\
python_sources()
file(name="labels", source="labels.txt")
file(name="weights", source="weights.h5")
"""
FILES = {
    "m/BUILD": BUILD,
    "m/train.py": "from m import layers\n",
    "m/layers.py": "",
    "m/unused.py": "",
    "m/labels.txt": "cat",
    "m/weights.h5": "weights",
    "twice/BUILD": 'python_sources(name="one")\npython_sources(name="two")\n',
    "twice/train.py": "",
    "nobody/BUILD": "",
    "nobody/train.py": "",
}


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    runner = new_rule_runner(
        [
            QueryRule(DigestContents, [Digest]),
            QueryRule(PreparedCall, [PrepareCallRequest]),
        ]
    )
    write_workspace(runner, FILES)
    return runner


def _prepare(
    rule_runner: RuleRunner,
    entry_point: str,
    *,
    directory: str = "m",
    inputs: dict[str, str] | None = None,
    dependencies: list[str] | None = None,
) -> PreparedCall:
    address = Address(directory, target_name="model")
    request = PrepareCallRequest(
        address,
        entry_point=EntryPointField(entry_point, address),
        inputs=InputsField(inputs, address),
        dependencies=Dependencies(dependencies, address),
        resolve=TensorFlowResolveField(None, address),
    )
    return rule_runner.request(PreparedCall, [request])


def _files(rule_runner: RuleRunner, prepared: PreparedCall) -> list[str]:
    contents = rule_runner.request(DigestContents, [prepared.digest])
    return sorted(file.path for file in contents)


def _error(rule_runner: RuleRunner, entry_point: str, directory: str) -> str:
    with pytest.raises(ExecutionError) as error:
        _prepare(rule_runner, entry_point, directory=directory)
    return str(error.value)


def test_a_file_comes_with_what_it_imports_and_no_more(rule_runner: RuleRunner) -> None:
    prepared = _prepare(rule_runner, "train.py:export")
    assert prepared.call.entry_point == EntryPointFunction("m.train", "export", "m/train.py")
    assert prepared.call.inputs == FrozenDict()
    assert prepared.source_roots == (".",)
    assert _files(rule_runner, prepared) == ["m/layers.py", "m/train.py"]


def test_a_module_means_the_same_as_its_file(rule_runner: RuleRunner) -> None:
    by_module = _prepare(rule_runner, "m.train:export", directory="elsewhere")
    assert by_module == _prepare(rule_runner, "train.py:export")


def test_inputs_are_beside_the_sources(rule_runner: RuleRunner) -> None:
    prepared = _prepare(rule_runner, "train.py:export", inputs={"weights": ":weights"})
    path = "__inputs__/weights/weights.h5"
    assert prepared.call.inputs == FrozenDict({"weights": path})
    assert _files(rule_runner, prepared) == [path, "m/layers.py", "m/train.py"]


def test_dependencies_add_files_and_take_modules_away(rule_runner: RuleRunner) -> None:
    prepared = _prepare(
        rule_runner, "layers.py:export", dependencies=[":labels", "m/unused.py", "!m/layers.py"]
    )
    assert _files(rule_runner, prepared) == ["m/labels.txt", "m/unused.py"]


def test_a_file_that_nobody_owns_is_an_error(rule_runner: RuleRunner) -> None:
    assert (
        "nobody:model, field `entry_point` = 'train.py:export': no Python target of the resolve "
        "`tensorflow` owns the module `nobody.train` alone.\n\nFix: Add `python_sources()`"
    ) in _error(rule_runner, "train.py:export", "nobody")


def test_a_file_that_two_targets_own_is_an_error_unless_dependencies_exclude_one(
    rule_runner: RuleRunner,
) -> None:
    error = _error(rule_runner, "train.py:export", "twice")
    assert "owns the module `twice.train` alone" in error
    prepared = _prepare(
        rule_runner, "train.py:export", directory="twice", dependencies=["!twice/train.py:two"]
    )
    assert _files(rule_runner, prepared) == ["twice/train.py"]


def test_a_value_that_is_no_entry_point_is_an_error(rule_runner: RuleRunner) -> None:
    assert (
        "m:model, field `entry_point` = 'train.py': an entry point names a file and a function"
        in _error(rule_runner, "train.py", "m")
    )
