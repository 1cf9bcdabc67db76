# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The files that an entry point's arguments receive, by their digests."""

from __future__ import annotations

import pytest
from pants.core.target_types import GenericTarget
from pants.engine.addresses import Address
from pants.engine.fs import Digest, DigestContents
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.target_types import InputsField
from pants_tflite.testutil import new_rule_runner, write_workspace
from pants_tflite.util_rules.inputs import StagedInputs, StageInputsRequest

BUILD = """\
file(name="weights", source="deep/weights.h5")
files(name="pictures", sources=["pictures/**/*.png"])
target(name="nothing")
"""


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    runner = new_rule_runner(
        [
            QueryRule(DigestContents, [Digest]),
            QueryRule(StagedInputs, [StageInputsRequest]),
        ],
        target_types=[GenericTarget],
    )
    files = {
        "m/BUILD": BUILD,
        "m/deep/weights.h5": "weights",
        "m/pictures/a.png": "a",
        "m/pictures/cats/b.png": "b",
        "m/pictures/notes.txt": "not staged",
        "BUILD": 'file(name="root", source="root.txt")',
        "root.txt": "root",
    }
    write_workspace(runner, files)
    return runner


def _request(**inputs: str) -> StageInputsRequest:
    return StageInputsRequest(InputsField(inputs, Address("m", target_name="model")))


def _stage(
    rule_runner: RuleRunner, **inputs: str
) -> tuple[tuple[tuple[str, str], ...], dict[str, bytes]]:
    """The path for each argument, and all staged files."""
    staged = rule_runner.request(StagedInputs, [_request(**inputs)])
    contents = rule_runner.request(DigestContents, [staged.digest])
    return staged.paths, {file.path: file.content for file in contents}


def test_without_inputs_nothing_is_staged(rule_runner: RuleRunner) -> None:
    assert _stage(rule_runner) == ((), {})


def test_a_file_is_staged_below_its_argument_without_its_build_file_s_directory(
    rule_runner: RuleRunner,
) -> None:
    path = "__inputs__/weights/deep/weights.h5"
    assert _stage(rule_runner, weights=":weights") == ((("weights", path),), {path: b"weights"})


def test_files_are_staged_as_a_directory(rule_runner: RuleRunner) -> None:
    paths, files = _stage(rule_runner, folder=":pictures")
    assert paths == (("folder", "__inputs__/folder"),)
    assert files == {
        "__inputs__/folder/pictures/a.png": b"a",
        "__inputs__/folder/pictures/cats/b.png": b"b",
    }


def test_a_file_beside_the_root_build_file_is_staged(rule_runner: RuleRunner) -> None:
    path = "__inputs__/text/root.txt"
    assert _stage(rule_runner, text="//:root") == ((("text", path),), {path: b"root"})


def test_arguments_are_sorted_and_two_may_receive_one_target(rule_runner: RuleRunner) -> None:
    paths, files = _stage(rule_runner, second="m:weights", first=":weights")
    assert paths == (
        ("first", "__inputs__/first/deep/weights.h5"),
        ("second", "__inputs__/second/deep/weights.h5"),
    )
    assert files == dict.fromkeys((path for _, path in paths), b"weights")


def test_only_the_named_inputs_are_staged(rule_runner: RuleRunner) -> None:
    # The other one would be an error.
    inputs = InputsField(
        {"weights": ":weights", "other": ":nothing"}, Address("m", target_name="model")
    )
    staged = rule_runner.request(StagedInputs, [StageInputsRequest(inputs, only=("weights",))])
    assert [argument for argument, _ in staged.paths] == ["weights"]
    staged = rule_runner.request(StagedInputs, [StageInputsRequest(inputs, only=())])
    assert staged.paths == ()


def test_a_file_is_the_same_before_a_training(rule_runner: RuleRunner) -> None:
    inputs = InputsField({"weights": ":weights"}, Address("m", target_name="model"))
    trained, untrained = (
        rule_runner.request(StagedInputs, [StageInputsRequest(inputs, untrained=untrained)])
        for untrained in (False, True)
    )
    assert trained == untrained


def test_a_target_that_yields_no_files_is_an_error(rule_runner: RuleRunner) -> None:
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(StagedInputs, [_request(weights=":weights", other=":nothing")])
    assert (
        "m:model, field `inputs` = ':nothing': the input `other` is m:nothing, which yields no "
        "files.\n\nFix: Give a model, a `tflite_dataset`, or a `file` or `files` target."
    ) in str(error.value)


def test_an_input_without_a_target_is_an_error(rule_runner: RuleRunner) -> None:
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(StagedInputs, [_request(weights=":wieghts")])
    assert "m:wieghts" in str(error.value)
    assert "the `inputs` field of the target m:model" in str(error.value)
